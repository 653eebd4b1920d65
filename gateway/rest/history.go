package rest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/history"
)

// History stores messages and finds them.
type History interface {
	history.Recorder

	// Count returns how many messages there are.
	Count(ctx context.Context, f history.Filter) (int, error)

	// Read returns at most limit messages in the order of their times. It skips the first offset ones.
	Read(ctx context.Context, f history.Filter, offset, limit int, newestFirst bool) ([]history.Message, error)
}

// Bounds of a query.
const (
	defaultLimit = 20
	maxLimit     = 100

	// handleLife is how long a query can be read. maxHandle is the longest handle, in bytes.
	handleLife = 10 * time.Minute
	maxHandle  = 2048

	// maxSearches is how many searches run at the same time, maxAppSearches how many of one app.
	maxSearches    = 4
	maxAppSearches = 2

	// maxMs is the latest time that a query may have: the end of the year 9999.
	maxMs = 253402300799999
)

// query is a query of the history.
type query struct {
	Filter      history.Filter `json:"f"`
	Offset      int            `json:"o"`
	Limit       int            `json:"l"`
	NewestFirst bool           `json:"n"`
	Ends        int64          `json:"e"` // Unix time in seconds, until when it may be read
}

// handle returns the query as text. Gateways do not store queries: any gateway can read the handle.
// A handle gives no rights, because the caller's rights are checked at each call.
func (q query) handle() (string, error) {
	text, err := json.Marshal(q)
	return base64.RawURLEncoding.EncodeToString(text), err
}

// parseHandle reads a handle. ok is false if it is malformed, expired or of another app.
func parseHandle(handle, app string, now time.Time) (q query, ok bool) {
	if len(handle) > maxHandle {
		return q, false
	}
	text, err := base64.RawURLEncoding.DecodeString(handle)
	if err != nil || json.Unmarshal(text, &q) != nil {
		return q, false
	}
	ok = q.Filter.App == app && now.Unix() < q.Ends && now.Add(2*handleLife).Unix() > q.Ends &&
		q.Offset >= 0 && 1 <= q.Limit && q.Limit <= maxLimit && checkFilter(q.Filter) == nil
	return q, ok
}

// checkFilter returns an error if a filter is invalid.
func checkFilter(f history.Filter) error {
	switch {
	case f.From == "" && f.To == "":
		return invalid("source or destination must be given")
	case f.From != "" && !validID(f.From):
		return checkID("source", f.From)
	case f.To != "" && !validID(f.To):
		return checkID("destination", f.To)
	case f.Start < 0 || f.End > maxMs:
		return invalid("start_time and end_time must be in the years 1970 to 9999")
	case f.Start > f.End:
		return invalid("start_time is after end_time")
	}
	return nil
}

// parseTime reads a time in UTC, with or without fractions of a second.
func parseTime(name, text string) (ms int64, err error) {
	if text == "" {
		return 0, invalid("%s is missing", name)
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z", "2006-01-02 15:04:05"} { // both also accept fractions
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1970 && t.Year() <= 9999 {
			return t.UnixMilli(), nil
		}
	}
	return 0, invalid("%s must be a time in UTC such as 2026-01-31T23:59:59Z", name)
}

// queryAnswer is the answer to a new query.
type queryAnswer struct {
	result
	Offset   int    `json:"offset"`
	Limit    int    `json:"limit"`
	Order    string `json:"order"`
	Location string `json:"location"`
}

const (
	ascending  = "asc"
	descending = "desc"
)

func (h *Handler) createQuery(r *http.Request, c *call) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	q, order, err := parseQuery(body, c.app)
	if err != nil {
		return nil, err
	}
	if err := h.mayRead(c, &q.Filter); err != nil {
		return nil, err
	}
	q.Ends = c.began.Add(handleLife).Unix()
	handle, err := q.handle()
	if err != nil {
		return nil, err
	}
	return queryAnswer{c.succeeded(), q.Offset, q.Limit, order, "~/rtm/message/history/query/" + handle}, nil
}

// parseQuery reads the body of a new query.
func parseQuery(body fields, app string) (q query, order string, err error) {
	var filter fields
	if json.Unmarshal(body["filter"], &filter) != nil || filter == nil {
		return q, "", invalid("filter must be an object")
	}
	q.Filter.App = app
	if q.Filter.From, err = filter.optional("source"); err != nil {
		return q, "", err
	}
	if q.Filter.To, err = filter.optional("destination"); err != nil {
		return q, "", err
	}
	start, err := filter.optional("start_time")
	if err != nil {
		return q, "", err
	}
	end, err := filter.optional("end_time")
	if err != nil {
		return q, "", err
	}
	if q.Filter.Start, err = parseTime("start_time", start); err != nil {
		return q, "", err
	}
	if q.Filter.End, err = parseTime("end_time", end); err != nil {
		return q, "", err
	}
	if q.Offset, err = body.number("offset", 0); err != nil {
		return q, "", err
	}
	if q.Limit, err = body.number("limit", defaultLimit); err != nil {
		return q, "", err
	}
	if q.Limit < 1 || q.Limit > maxLimit {
		return q, "", invalid("limit must be 1 to %d", maxLimit)
	}
	order = ascending
	if text, err := body.optional("order"); err != nil {
		return q, "", err
	} else if text != "" {
		order = strings.ToLower(text)
	}
	if order != ascending && order != descending {
		return q, "", invalid("order must be asc or desc")
	}
	q.NewestFirst = order == descending
	return q, order, checkFilter(q.Filter)
}

// optional returns a field that may be missing, null or empty. An integer counts as its decimal text.
func (f fields) optional(name string) (string, error) {
	if raw := string(f[name]); isInteger(raw) {
		return raw, nil
	}
	if !f.has(name) {
		return "", nil
	}
	return f.text(name)
}

// number returns a field that must be an integer from 0 up. It may be a string.
func (f fields) number(name string, otherwise int) (int, error) {
	if !f.has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(strings.Trim(string(f[name]), `"`))
	if err != nil || n < 0 {
		return 0, invalid("%s must be an integer from 0 up", name)
	}
	return n, nil
}

// mayRead refuses or narrows the query of a user with a token. They may read the messages that they
// sent or received, and those of every channel, because they may join every channel.
func (h *Handler) mayRead(c *call, f *history.Filter) error {
	c.from, c.to = f.From, f.To
	uid := c.caller.uid
	switch {
	case h.config.History == nil:
		return notKept
	case c.caller.key != "", f.From == uid, f.To == uid:
		return nil
	case f.To == "":
		c.why = "the user asks for messages of another user"
		return unauthorized
	}
	f.ChannelsOnly = true
	return nil
}

// historyMessage is a message in an answer.
type historyMessage struct {
	Src         string        `json:"src"`
	Dst         string        `json:"dst"`
	Payload     string        `json:"payload"`
	Ms          int64         `json:"ms"`
	MessageType string        `json:"message_type"`
	Media       *historyMedia `json:"media,omitempty"` // of IMAGE and FILE, which the vendor does not keep
}

// historyMedia has the fields of a message with media, except the description, which is the payload.
type historyMedia struct {
	Type            string `json:"type"` // IMAGE or FILE
	MediaID         string `json:"media_id"`
	FileName        string `json:"file_name"`
	Size            uint64 `json:"size"`
	Width           uint32 `json:"width,omitempty"`
	Height          uint32 `json:"height,omitempty"`
	Thumbnail       []byte `json:"thumbnail,omitempty"` // base64
	ThumbnailWidth  uint32 `json:"thumbnail_width,omitempty"`
	ThumbnailHeight uint32 `json:"thumbnail_height,omitempty"`
}

// messageList is the answer to reading a query.
type messageList struct {
	result
	Code     string           `json:"code"`
	Messages []historyMessage `json:"messages"`
}

func (h *Handler) readQuery(r *http.Request, c *call) (any, error) {
	q, ok := parseHandle(c.handle, c.app, c.began)
	if !ok {
		return nil, noQuery
	}
	if err := h.mayRead(c, &q.Filter); err != nil {
		return nil, err
	}
	leave, err := h.searches.enter(r.Context(), c.app)
	if err != nil {
		return nil, err
	}
	defer leave()
	found, err := h.config.History.Read(r.Context(), q.Filter, q.Offset, q.Limit, q.NewestFirst)
	if err != nil {
		return nil, err
	}
	list := messageList{c.succeeded(), "ok", make([]historyMessage, 0, len(found))}
	for _, m := range found {
		one, err := newHistoryMessage(m)
		if err != nil {
			return nil, err
		}
		list.Messages = append(list.Messages, one)
	}
	return list, nil
}

func newHistoryMessage(m history.Message) (historyMessage, error) {
	one := historyMessage{Src: m.From, Dst: m.To, Ms: m.Ms, MessageType: "peer_message"}
	if m.ToChannel {
		one.MessageType = "group_message"
	}
	var content wire.Message
	if err := content.UnmarshalVT(m.Message); err != nil {
		return one, err
	}
	switch content.Type {
	case wire.Message_IMAGE, wire.Message_FILE:
		one.Payload = content.Description
		one.Media = &historyMedia{
			Type: content.Type.String(), MediaID: content.MediaId, FileName: content.FileName, Size: content.Size,
			Width: content.Width, Height: content.Height,
			Thumbnail: content.Thumbnail, ThumbnailWidth: content.ThumbnailWidth, ThumbnailHeight: content.ThumbnailHeight,
		}
	default:
		one.Payload = content.Text
	}
	return one, nil
}

// countAnswer is the answer to a count.
type countAnswer struct {
	result
	Code  string `json:"code"`
	Count int    `json:"count"`
}

func (h *Handler) countMessages(r *http.Request, c *call) (any, error) {
	f, err := parseCount(r.URL.Query(), c.app)
	if err != nil {
		return nil, err
	}
	if err := h.mayRead(c, &f); err != nil {
		return nil, err
	}
	leave, err := h.searches.enter(r.Context(), c.app)
	if err != nil {
		return nil, err
	}
	defer leave()
	n, err := h.config.History.Count(r.Context(), f)
	return countAnswer{c.succeeded(), "ok", n}, err
}

// parseCount reads the parameters of a count. The vendor's samples put ids in quotes.
func parseCount(values map[string][]string, app string) (f history.Filter, err error) {
	one := func(name string) string {
		for _, text := range values[name] {
			if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
				text = text[1 : n-1]
			}
			if text != "" {
				return text
			}
		}
		return ""
	}
	f = history.Filter{App: app, From: one("source"), To: one("destination")}
	if f.Start, err = parseTime("start_time", one("start_time")); err != nil {
		return f, err
	}
	if f.End, err = parseTime("end_time", one("end_time")); err != nil {
		return f, err
	}
	return f, checkFilter(f)
}

// searches limits how many searches run at the same time, because each needs 16 bytes for each message
// that it looks at. One app gets only a part of them, so that other apps need not wait for it.
type searches struct {
	all chan struct{}

	mu    sync.Mutex // guards byApp
	byApp map[string]*appSearches
}

// appSearches are the searches of one app that run or wait.
type appSearches struct {
	running chan struct{}
	users   int // of this; guarded by searches.mu
}

func newSearches() *searches {
	return &searches{all: make(chan struct{}, maxSearches), byApp: map[string]*appSearches{}}
}

// enter waits until a search may run. The caller must call leave when it has ended.
func (s *searches) enter(ctx context.Context, app string) (leave func(), err error) {
	of := s.use(app)
	if err := take(ctx, of.running); err != nil {
		s.drop(app, of)
		return nil, err
	}
	if err := take(ctx, s.all); err != nil {
		<-of.running
		s.drop(app, of)
		return nil, err
	}
	return func() {
		<-s.all
		<-of.running
		s.drop(app, of)
	}, nil
}

func take(ctx context.Context, slots chan struct{}) error {
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *searches) use(app string) *appSearches {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.byApp[app]
	if of == nil {
		of = &appSearches{running: make(chan struct{}, maxAppSearches)}
		s.byApp[app] = of
	}
	of.users++
	return of
}

func (s *searches) drop(app string, of *appSearches) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if of.users--; of.users == 0 {
		delete(s.byApp, app)
	}
}
