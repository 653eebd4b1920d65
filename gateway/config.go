package gateway

import (
	"cmp"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rtmwasm/gateway/history"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/session"
)

// Config configures a Server. Engine is required; every other field may have its zero
// value.
type Config struct {
	Engine session.Engine

	// MediaStore stores the files below /media/; nil means no media.
	MediaStore media.Store

	// MediaGateways reaches the other gateways that share the MediaStore; nil means that there
	// are no others.
	MediaGateways media.Gateways

	// MediaURLKeys sign and verify the URLs of getMediaUrl; nil means that getMediaUrl fails.
	MediaURLKeys media.URLKeys

	// Scanner is the scanner that MediaStore uses for uploads; nil means that uploads are not scanned.
	Scanner Scanner

	// Authorizer decides who may log in, such as Apps; nil lets anybody in (Development).
	Authorizer session.Authorizer

	// SDK holds the files below /sdk/, Demo those below /, Docs those below /docs/. nil means none. With Demo, /demo.json
	// tells the demo how users log in and whether there is documentation.
	SDK, Demo, Docs fs.FS

	// Events receives what users do; nil means that nothing does.
	Events session.Events

	// History stores messages whose senders ask for it; nil means that there is no history.
	History history.Recorder

	// REST serves backends of apps, below rest.Prefix and rest.ControlPrefix; nil means that nothing is served there. It
	// answers preflights itself, and limits the bodies that it reads.
	REST http.Handler

	// Meter counts what happens; nil means that nothing is counted.
	Meter Meter

	// Tracer records what requests wait for: see package tracing. nil means that nothing is recorded.
	Tracer trace.Tracer

	// Logger never gets a token or credential. nil means slog.Default().
	Logger *slog.Logger

	// AllowOrigin decides whether pages of an origin ("https://example.org") may use the
	// gateway. It is not asked about requests without an origin, which no page sends, and
	// about the gateway's own pages, if their host is an IP address, localhost, or a name
	// that came by TLS to the gateway or to one of Limits.TrustedProxies. nil allows all
	// origins, which is safe because browsers send no credentials for a login by themselves.
	AllowOrigin func(origin string) bool

	Limits Limits
	Times  session.Times // Hello bounds the header of a request, too

	BodyTimeout   time.Duration // how long a client may take to send the rest of a body after it got its answer; 0 means 5 s
	AnswerTimeout time.Duration // an answer is ended if its client reads less than 16 KiB of it in this time; 0 means 60 s
}

func (c Config) withDefaults() (Config, error) {
	if c.Engine == nil {
		return c, errors.New("gateway: Config.Engine is missing")
	}
	if c.Authorizer == nil {
		c.Authorizer = Development{}
	}
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.Limits = c.Limits.withDefaults()
	if c.Meter == nil {
		c.Meter = noMeter{}
	}
	c.Times = c.Times.WithDefaults()
	c.BodyTimeout = cmp.Or(c.BodyTimeout, 5*time.Second)
	c.AnswerTimeout = cmp.Or(c.AnswerTimeout, time.Minute)
	return c, nil
}

// Limits limits what clients can make a gateway hold, in addition to the limits of the API for each
// user. A zero field means the value noted. What is refused gets an answer that says so, and may be
// tried again.
type Limits struct {
	// Sessions is how many sessions the gateway has at a time, including those that wait for their
	// client to come back; 0 means 50 000.
	Sessions int

	// AppSessions is how many of them may belong to one app; 0 means as many as Sessions.
	AppSessions int

	// AddressConnections is how many WebSockets one address may have open, and how many requests
	// without a session it may have at a time; 0 means 1 000. An address is an IPv4 address or an
	// IPv6 network of 64 bits. Loopback and private addresses are not counted, because they are
	// those of a proxy or of the operator.
	AddressConnections int

	// AddressRate is how many WebSockets one address may open in 10 s; 0 means 200.
	AddressRate int

	// Transfers is how many uploads and downloads run here at a time; 0 means 2 000. AppTransfers
	// is how many of them may belong to one app; 0 means as many as Transfers.
	Transfers, AppTransfers int

	// Memory is about how many bytes this process may use. When three fifths are in use, new logins
	// are refused. At three quarters, the sessions that hold the most end: see memory.go. 0 means
	// no limit. Give the Go runtime the same limit.
	Memory int64

	// UserBytes and AppBytes are how many bytes the files of one user and of one app may take
	// together, on all gateways; 0 means no limit.
	UserBytes, AppBytes int64

	// TrustedProxies are the networks of proxies whose X-Forwarded-For and X-Forwarded-Proto
	// headers are trusted. nil means no proxy.
	TrustedProxies []netip.Prefix
}

// DefaultLimits returns the defaults.
func DefaultLimits() Limits { return Limits{}.withDefaults() }

func (l Limits) withDefaults() Limits {
	l.Sessions = cmp.Or(l.Sessions, 50_000)
	l.AppSessions = cmp.Or(l.AppSessions, l.Sessions)
	l.AddressConnections = cmp.Or(l.AddressConnections, 1000)
	l.AddressRate = cmp.Or(l.AddressRate, 200)
	l.Transfers = cmp.Or(l.Transfers, 2000)
	return l
}
