package rest

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/tracing"
)

// Handler serves the paths below Prefix and ControlPrefix. It is safe for concurrent use.
type Handler struct {
	config   Config
	keys     keyring
	sender   *sender
	limits   limits
	searches *searches
	refused  *rate.Limiter // of log lines about callers without valid credentials
}

// New returns a Handler. It need not be closed.
func New(config Config) (*Handler, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Handler{
		config:   config,
		keys:     newKeyring(config.Keys),
		sender:   newSender(config),
		limits:   newLimits(config.Limits),
		searches: newSearches(),
		refused:  rate.NewLimiter(10, 100),
	}, nil
}

// call is the state of one request.
type call struct {
	target
	id     string
	caller caller
	began  time.Time
	from   string // a user, for the log, unless the path names them
	to     string // a user or channel, for the log
	why    string // cause of a failure, only for the log

	counted string // the endpoint, for Meter
	control *http.ResponseController
}

// result has the first fields of each successful answer.
type result struct {
	Result    string `json:"result"`
	RequestID string `json:"request_id"`
}

func (c *call) succeeded() result { return result{Result: "success", RequestID: c.id} }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{id: newRequestID(), began: time.Now(), control: http.NewResponseController(w)}
	header := w.Header()
	header.Set("X-Request-ID", c.id)
	if h.crossOrigin(header, r) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	status := http.StatusOK
	answer, err := h.do(header, r, c)
	tracing.Route(r.Context(), r.Method, "REST ", c.endpoint)
	if f := h.failureOf(err, c); f != nil {
		status = f.status
		writeFailure(w, c.id, f)
		h.audit(r, c, status, f.code)
	} else {
		write(w, status, answer)
		h.audit(r, c, status, "")
	}
	h.config.Meter.RESTCall(cmp.Or(c.counted, c.endpoint), status)
}

// do answers a request.
func (h *Handler) do(header http.Header, r *http.Request, c *call) (any, error) {
	if len(h.keys) == 0 {
		c.endpoint = EndpointOther
		return nil, off
	}
	if strings.HasPrefix(r.URL.Path, ControlPrefix) {
		c.endpoint, c.counted = EndpointOther, ControlCalls
		return h.control(header, r, c)
	}
	var found bool
	c.target, found = parsePath(r.URL.EscapedPath())
	switch {
	case !found:
		c.endpoint = EndpointOther
		return nil, notFound
	case r.Method != c.method:
		header.Set("Allow", c.method)
		return nil, &failure{status: http.StatusMethodNotAllowed, code: "method_not_allowed", text: "this endpoint takes " + c.method}
	}
	var ok bool
	if c.caller, c.why, ok = h.authenticate(r, c.app, c.uid); !ok {
		header.Set("WWW-Authenticate", `Basic realm="rtm"`)
		return nil, unauthorized
	}
	if !h.limits.allow(c.app, c.endpoint) {
		return nil, tooOften
	}
	if err := h.keepOut(r, c); err != nil {
		return nil, err
	}
	switch c.endpoint {
	case PeerMessages:
		return h.sendToPeer(r, c)
	case ChannelMessages:
		return h.sendToChannel(r, c)
	case UserEvents:
		return h.userEvents(r, c)
	case ChannelEvents:
		return h.channelEvents(r, c)
	case CreateQuery:
		return h.createQuery(r, c)
	case ReadQuery:
		return h.readQuery(r, c)
	case CountMessages:
		return h.countMessages(r, c)
	}
	return nil, notFound
}

// keepOut refuses a banned user, whose token may still be valid. Keys may send in the name of any user.
func (h *Handler) keepOut(r *http.Request, c *call) error {
	if c.caller.key != "" || h.config.Control == nil {
		return nil
	}
	_, banned, err := h.config.Control.FindBan(r.Context(), id.User{App: c.app, ID: c.caller.uid})
	if err == nil && banned {
		c.why = "the user is banned"
		return userBanned
	}
	return err
}

// failureOf returns the answer to an error. Errors of other packages may contain addresses and
// paths: they go only to the log.
func (h *Handler) failureOf(err error, c *call) *failure {
	if err == nil {
		return nil
	}
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	c.why = err.Error()
	return unavailable
}

// audit logs a call. It logs at most ten calls a second without valid credentials, because anybody
// can make those.
func (h *Handler) audit(r *http.Request, c *call, status int, code string) {
	if c.caller == (caller{}) && !h.refused.Allow() {
		return
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	attributes := []slog.Attr{
		slog.String("request", c.id), slog.String("endpoint", c.endpoint), slog.Int("status", status),
		slog.String("app", clip(c.app)), slog.String("by", c.caller.String()), slog.String("address", h.config.Address(r)),
		slog.Duration("took", time.Since(c.began).Round(time.Microsecond)),
	}
	for _, a := range []struct{ name, value string }{{"code", code}, {"from", cmp.Or(c.uid, c.from)}, {"to", c.to}, {"cause", c.why}} {
		if a.value != "" {
			attributes = append(attributes, slog.String(a.name, clip(a.value)))
		}
	}
	h.config.Logger.LogAttrs(r.Context(), level, "rest call", attributes...)
}

// clip shortens text of a caller for the log.
func clip(text string) string {
	const most = 300
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// corsHeaders are the headers that pages may send.
const corsHeaders = "Authorization, Content-Type, x-agora-token, x-agora-uid"

// crossOrigin sets the CORS headers, instead of those of the gateway's other paths. It reports
// whether the request is a preflight, which needs no other answer.
func (h *Handler) crossOrigin(header http.Header, r *http.Request) (preflight bool) {
	for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"} {
		header.Del(name)
	}
	origin := r.Header.Get("Origin")
	if h.config.AllowOrigin == nil || origin == "" {
		return false
	}
	header.Set("Vary", "Origin")
	if !h.config.AllowOrigin(origin) {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "Retry-After, X-Request-ID")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	header.Set("Access-Control-Allow-Headers", corsHeaders)
	header.Set("Access-Control-Max-Age", "86400")
	return true
}
