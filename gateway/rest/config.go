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

// Config has the settings of a Handler. Apps and Bus are required. The zero value of each other
// field is usable.
type Config struct {
	Apps Apps
	Bus  Bus

	// Keys are the credentials of backends. Without keys the interface is off: each call gets
	// status 404 and the code rest_off.
	Keys []Key

	// Events stores logins, logouts, joins and leaves; nil means that they are not stored.
	// Tokens of the users in EventReaders may read them, as keys may.
	Events       Events
	EventReaders []string

	// History stores messages; nil means that messages are not stored.
	History History

	// Control is what the control API reads and changes; nil means that the API is off.
	// Media is where it stores files; nil means that it has no calls for media.
	Control Control
	Media   Media

	// Limits say how often an app may call this gateway.
	Limits Limits

	// AllowOrigin decides whether pages of an origin may read answers (CORS); nil means that
	// no page may.
	AllowOrigin func(origin string) bool

	// Address returns the client address of a request, for the log; nil means RemoteAddr.
	Address func(*http.Request) string

	// Meter counts calls; nil means that they are not counted.
	Meter Meter

	// Logger gets one line for each call, without secrets and payloads; nil means slog.Default().
	Logger *slog.Logger

	// PeerAck is how long a peer message waits for the receiver's client; 0 means 6 s.
	PeerAck time.Duration
}

// Apps are the apps that the gateway serves. gateway.Apps and gateway.Development implement it.
type Apps interface {
	// Serves reports whether the gateway serves an app id.
	Serves(app string) bool

	session.Authorizer
}

// Bus carries messages to clients. session.Engine implements it.
type Bus interface {
	SendToPeer(user id.User, frame []byte, timeout time.Duration, done func(received bool)) error
	PublishChannel(id channel.ID, frame []byte, done func(error)) error
	AppendMail(user id.User, from string, frame []byte, done func(error)) error
	NotifyMail(user id.User) error
	Lookup(ctx context.Context, user id.User) (session.Record, error)
}

var _ Bus = session.Engine(nil)

// Meter counts calls. It must be safe for concurrent use and must not block.
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
	Control         int // 0 means 50, for all operations of the control API together
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
