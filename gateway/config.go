package gateway

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// Config configures a Server. Engine is required; every other field may have its zero
// value.
type Config struct {
	Engine Engine

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
	Authorizer Authorizer

	// SDK holds the files below /sdk/, Demo those below /, Docs those below /docs/. nil means none. With Demo, /demo.json
	// tells the demo how users log in and whether there is documentation.
	SDK, Demo, Docs fs.FS

	// Events receives what users do; nil means that nothing does.
	Events Events

	// History stores messages whose senders ask for it; nil means that there is no history.
	History History

	// REST serves backends of apps, below RESTPrefix and ControlPrefix; nil means that nothing is served there. It
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
	Times  Times
}

// Times of connections. A zero field means the value of package core, or as noted.
type Times struct {
	Hello          time.Duration // how long a request's header may take, and then the Hello of a new socket; 0 means 10 s
	Body           time.Duration // how long a client may take to send the rest of a body after it got its answer; 0 means 5 s
	Answer         time.Duration // an answer is ended if its client reads less than 16 KiB of it in this time; 0 means 60 s
	PingInterval   time.Duration
	SilenceLimit   time.Duration
	SessionTimeout time.Duration
	Unreachable    time.Duration // silence after which others take the user for unreachable
	PeerAck        time.Duration // how long Send waits for the peer's client; 0 means 8 s
	Write          time.Duration // how long writing one frame may take; 0 means 5 s
	TokenWarning   time.Duration // how long before a token expires its client is told; 0 means 30 s
}

// defaultHello is the zero value of Times.Hello.
const defaultHello = 10 * time.Second

func (c Config) withDefaults() (Config, error) {
	if c.Engine == nil {
		return c, errors.New("gateway: Config.Engine is missing")
	}
	if c.Authorizer == nil {
		c.Authorizer = Development{}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Limits = c.Limits.withDefaults()
	if c.Meter == nil {
		c.Meter = noMeter{}
	}
	t := &c.Times
	setDefault(&t.Hello, defaultHello)
	setDefault(&t.Body, 5*time.Second)
	setDefault(&t.Answer, time.Minute)
	setDefault(&t.PingInterval, core.PingInterval)
	setDefault(&t.SilenceLimit, core.GatewaySilenceLimit)
	setDefault(&t.SessionTimeout, core.SessionTimeout)
	setDefault(&t.Unreachable, core.UnreachableAfter)
	setDefault(&t.PeerAck, 8*time.Second) // below core.RequestTimeout
	setDefault(&t.Write, 5*time.Second)
	setDefault(&t.TokenWarning, 30*time.Second) // API 8.6
	return c, nil
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}
