package natsengine

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"rtmwasm/core"
)

// DefaultMinFree is enough for days of sessions and messages after uploads have filled the disk.
// Only sessions may use the last half of it.
const DefaultMinFree = 256 << 20

// Options says where the engine stores its data: set either Dir or Servers. The zero value of each
// other field is usable.
type Options struct {
	// Dir is the data folder of an embedded server. It is created if missing. Only one process at a
	// time may use it.
	Dir string

	// Servers are the URLs of a NATS cluster with JetStream, such as nats://host:4222 or
	// tls://host:4222. One server that answers is enough to find the others.
	Servers []string

	// Credentials is a file with a NATS user's JWT and key. "" means that the URLs have the
	// credentials, or that none are needed.
	Credentials string

	// CA is a file with the certificates that the servers' certificates are checked against; ""
	// means the system's. Cert and Key are files with this gateway's own certificate, for servers
	// that require one.
	CA, Cert, Key string

	// Replicas is how many servers of a cluster store each new stream and bucket: 1, 3 or 5. 0
	// means 3 in a cluster of at least three servers, else 1, and never fewer than an existing
	// stream has.
	Replicas int

	// MinFree is how many bytes of Dir's disk uploads leave free. Offline messages leave half of it
	// free. 0 means DefaultMinFree.
	MinFree int64

	// UserMail and AppMail limit offline messages on all gateways together: how many one user, and
	// one app, may send within seven days to users who are away. 0 means DefaultUserMail and
	// DefaultAppMail; less than 0 means no limit. Existing streams keep their limits until
	// ChangeStreams changes them.
	UserMail, AppMail int

	// MediaMaxAge is how long stored files count, the same as mediastore.Options.MaxAge; 0 means
	// core.MediaLifetime. All gateways must use the same value. The stream of the counters keeps
	// the value that it was created with until ChangeStreams changes it.
	MediaMaxAge time.Duration

	// GatewayLife is how long, at least, a gateway that stopped without notice counts as alive; 0
	// means core.SessionTimeout. Until then its users may log in at another gateway before others
	// see them leave. It takes up to two thirds longer. Values below 1 s count as 1 s.
	GatewayLife time.Duration

	// AttributeLife is how long channel attributes exist after the last write. They are renewed
	// while the channel has members. 0 means 7 min.
	AttributeLife time.Duration

	// Events stores what users do for backends to read: see Engine.Events.
	Events bool

	// Webhook queues events for a web hook: see Engine.WebhookQueue; nil means no queue. An
	// existing stream keeps its limits until ChangeStreams changes them.
	Webhook *WebhookOptions

	// History stores messages whose senders ask for it: see Engine.History. HistoryAge is how long;
	// 0 means core.HistoryLifetime. AppHistory is how many messages of one app; 0 means
	// DefaultAppHistory, less than 0 means no limit. Existing streams keep their limits until
	// ChangeStreams changes them.
	History    bool
	HistoryAge time.Duration
	AppHistory int

	// Tracer records spans for traced requests of other gateways; nil means no spans.
	Tracer trace.Tracer

	// Logger logs what happens to the connection to NATS; nil means slog.Default().
	Logger *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	if (o.Dir == "") == (len(o.Servers) == 0) {
		return o, errors.New("natsengine: either a data folder or the servers of a cluster must be given")
	}
	o.MinFree = cmp.Or(o.MinFree, DefaultMinFree)
	o.UserMail = cmp.Or(o.UserMail, DefaultUserMail)
	o.AppMail = cmp.Or(o.AppMail, DefaultAppMail)
	o.AppHistory = cmp.Or(o.AppHistory, DefaultAppHistory)
	o.HistoryAge = cmp.Or(o.HistoryAge, core.HistoryLifetime)
	o.MediaMaxAge = cmp.Or(o.MediaMaxAge, core.MediaLifetime)
	o.GatewayLife = cmp.Or(o.GatewayLife, core.SessionTimeout)
	o.AttributeLife = cmp.Or(o.AttributeLife, attributeLife)
	o.Webhook = o.Webhook.withDefaults()
	o.Logger = cmp.Or(o.Logger, slog.Default())
	return o, nil
}
