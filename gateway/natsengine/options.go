package natsengine

import (
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rtmwasm/core"
)

// DefaultMinFree leaves sessions and messages room for days when media has filled a disk,
// of which the last half is the sessions' alone.
const DefaultMinFree = 256 << 20

// Options say where the engine lives: either Dir or Servers is set. The zero value of each
// other field is usable.
type Options struct {
	// Dir holds all data of an embedded server. It is created if missing and belongs to
	// one process at a time.
	Dir string

	// Servers are the URLs of a NATS cluster with JetStream, such as nats://host:4222 or
	// tls://host:4222. One that answers is enough to find the others.
	Servers []string

	// Credentials is a file with a NATS user's JWT and key; "" means none, or what the
	// URLs say.
	Credentials string

	// CA is a file with the certificates that Servers' are checked against; "" means the
	// system's. Cert and Key are files with this gateway's own certificate, for servers
	// that ask for one.
	CA, Cert, Key string

	// Replicas is how many servers of a cluster keep each stream and bucket that is created:
	// 1, 3 or 5. 0 means 3 where there are so many, else 1, and as many as streams that exist.
	Replicas int

	// MinFree is how many bytes of Dir's disk uploads leave free, and offline messages half of
	// it; 0 means DefaultMinFree.
	MinFree int64

	// UserMail and AppMail are how many messages one user, and one app, may leave within seven
	// days for users who are away, on all gateways. 0 means DefaultUserMail and
	// DefaultAppMail, less than 0 no bound. What exists has the quotas of its streams: see
	// ChangeStreams.
	UserMail, AppMail int

	// MediaMaxAge is how long what users store counts, the same as mediastore.Options.MaxAge; 0
	// means core.MediaLifetime. All gateways must agree on it. The stream of the counters keeps
	// them as long as when it was created: see ChangeStreams.
	MediaMaxAge time.Duration

	// GatewayLife is how long a gateway that has stopped without a word counts as alive, at
	// least; 0 means core.SessionTimeout: so long its users may come to another one before
	// the others see them leave. It takes up to two thirds longer. Less than 1 s is taken as 1 s.
	GatewayLife time.Duration

	// AttributeLife is how long channel attributes outlive the last write to them; in a
	// channel with members they are renewed. 0 means 7 min.
	AttributeLife time.Duration

	// Events has what users do kept for backends, see Engine.Events.
	Events bool

	// Webhook has events kept for a web hook, see Engine.WebhookQueue; nil means none. What exists has
	// the bounds of its stream: see ChangeStreams.
	Webhook *WebhookOptions

	// History has messages kept whose senders ask for it, see Engine.History. HistoryAge is for
	// how long; 0 means core.HistoryLifetime. AppHistory is how many of one app; 0 means
	// DefaultAppHistory, less than 0 no bound. What exists has those of its streams: see
	// ChangeStreams.
	History    bool
	HistoryAge time.Duration
	AppHistory int

	// Tracer records what this gateway does for others whose requests are traced; nil means nothing is.
	Tracer trace.Tracer

	// Logger gets what the connection to NATS reports; nil means slog.Default().
	Logger *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	if (o.Dir == "") == (len(o.Servers) == 0) {
		return o, errors.New("natsengine: either a data folder or the servers of a cluster must be given")
	}
	if o.MinFree == 0 {
		o.MinFree = DefaultMinFree
	}
	if o.UserMail == 0 {
		o.UserMail = DefaultUserMail
	}
	if o.AppMail == 0 {
		o.AppMail = DefaultAppMail
	}
	if o.AppHistory == 0 {
		o.AppHistory = DefaultAppHistory
	}
	setDefault(&o.HistoryAge, core.HistoryLifetime)
	setDefault(&o.MediaMaxAge, core.MediaLifetime)
	setDefault(&o.GatewayLife, core.SessionTimeout)
	setDefault(&o.AttributeLife, attributeLife)
	o.Webhook = o.Webhook.withDefaults()
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o, nil
}

func setDefault(d *time.Duration, value time.Duration) {
	if *d == 0 {
		*d = value
	}
}
