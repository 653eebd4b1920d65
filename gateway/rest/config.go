package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

// Config says what a Handler works with. Apps and Bus are required; the zero value of each other
// field is usable.
type Config struct {
	Apps Apps
	Bus  Bus

	// Keys are the credentials of backends. Without any the interface is off: each call is
	// answered with status 404 and the code rest_off.
	Keys []Key

	// Events are what users did; nil means that nothing is kept of it. EventReaders are the users
	// whose tokens allow to take them, as keys do.
	Events       Events
	EventReaders []string

	// History keeps messages; nil means that none are kept.
	History History

	// Control is what the control API sees and changes; nil means that there is no such API.
	// Media is where it stores files; nil means nowhere.
	Control Control
	Media   Media

	// Limits bound how often an app may call this gateway.
	Limits Limits

	// AllowOrigin decides whether pages of an origin may read answers (CORS); nil means that
	// no page may.
	AllowOrigin func(origin string) bool

	// Address tells whom a request comes from, for the log; nil means its RemoteAddr.
	Address func(*http.Request) string

	// Meter counts calls; nil means that nobody does.
	Meter Meter

	// Logger gets a line for each call, without secrets and payloads; nil means slog.Default().
	Logger *slog.Logger

	// PeerAck is how long a peer message waits for the receiver's client; 0 means 6 s.
	PeerAck time.Duration
}

// Apps are the apps that are served. gateway.Apps and gateway.Development are such.
type Apps interface {
	// Serves reports whether an app id is served.
	Serves(app string) bool

	session.Authorizer
}

// Bus carries messages to clients. A session.Engine is one.
type Bus interface {
	AskPeer(user id.User, frame []byte, timeout time.Duration, done func(received bool)) error
	PublishChannel(id channel.ID, frame []byte, done func(error)) error
	AppendMail(user id.User, from string, frame []byte, done func(error)) error
	NotifyMail(user id.User) error
	Lookup(ctx context.Context, user id.User) (session.Record, error)
}

var _ Bus = session.Engine(nil)

// Meter counts calls. Its method is called by many goroutines, and must not block.
type Meter interface {
	// RESTCall gets the endpoint, one of Endpoints, and the status of the answer.
	RESTCall(endpoint string, status int)
}

type noMeter struct{}

func (noMeter) RESTCall(string, int) {}

// Limits are how many calls an app may make in a second at one gateway, at each endpoint. A zero
// field means the vendor's limit.
type Limits struct {
	PeerMessages    int // 0 means 500
	ChannelMessages int // 0 means 1 000
	Events          int // 0 means 10, for each of the two kinds
	History         int // 0 means 100, for each of the three endpoints
	Control         int // 0 means 50, for all of the control API together
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		n     *int
		value int
	}{{&l.PeerMessages, 500}, {&l.ChannelMessages, 1000}, {&l.Events, 10}, {&l.History, 100}, {&l.Control, 50}} {
		if *d.n == 0 {
			*d.n = d.value
		}
	}
	return l
}

// defaultPeerAck is the zero value of Config.PeerAck: callers give up after 5 to 10 s.
const defaultPeerAck = 6 * time.Second

func (c Config) withDefaults() (Config, error) {
	if c.Apps == nil || c.Bus == nil {
		return c, errors.New("rest: Config.Apps or Config.Bus is missing")
	}
	c.Limits = c.Limits.withDefaults()
	if c.Address == nil {
		c.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	if c.Meter == nil {
		c.Meter = noMeter{}
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.PeerAck == 0 {
		c.PeerAck = defaultPeerAck
	}
	return c, nil
}
