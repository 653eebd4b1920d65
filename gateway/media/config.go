package media

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Principal is who a request speaks for.
type Principal struct {
	App       string // app id
	UID       string // user id within the app
	SessionID string // unique among all sessions of all apps
}

// ErrUnauthorized is what an Authenticator returns for a credential that is
// unknown or no longer good.
var ErrUnauthorized = errors.New("media: unknown or expired credential")

// Authenticator knows whose credential it is.
type Authenticator interface {
	// Authenticate returns ErrUnauthorized for a bad credential; any other error
	// means that it could not tell, and the client may try again.
	Authenticate(ctx context.Context, credential string) (Principal, error)
}

// Config says what a Handler works with. Store and Auth are required; the zero
// value of the rest is usable.
type Config struct {
	Store Store
	Auth  Authenticator

	// Gateways are the other gateways on the same Store; nil means that this is the only one.
	Gateways Gateways

	// URLKeys sign and verify URLs that need no credential, such as a mediaurl.Ring; nil means
	// that there are no such URLs.
	URLKeys URLKeys

	// Logger gets failures of the store as errors, and each tus request at debug
	// level. It never gets a credential or a signature. nil means slog.Default().
	Logger *slog.Logger

	// Meter counts transfers; nil means that nobody does.
	Meter Meter

	// IdleLimit is how long an unfinished upload may lie untouched before a sweep
	// removes it; 0 means 24 h.
	IdleLimit time.Duration

	// SweepInterval is the time between two sweeps of Run; 0 means 10 minutes.
	SweepInterval time.Duration

	// UserBytes and AppBytes are how much the files of one user and of one app may take
	// together, in bytes; 0 means no bound. A creation beyond is refused with status 507.
	UserBytes, AppBytes int64

	// UsageInterval is how long an answer of Store.Usage is good for; 0 means 10 s. What
	// expires or is removed makes room after that.
	UsageInterval time.Duration

	// Transfers is how many uploads and downloads may be under way, AppTransfers how many
	// of one app; 0 means no bound. Each holds about a quarter MiB. One more is asked to come
	// again, as all are while Busy, if set, says so.
	Transfers, AppTransfers int
	Busy                    func() bool

	// StallTimeout ends an upload that moves no byte for so long, and a download that moves
	// less than 16 KiB in that time; 0 means 60 s.
	StallTimeout time.Duration
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Logger = slog.New(requestLog{c.Logger.Handler()})
	if c.Meter == nil {
		c.Meter = noMeter{}
	}
	if c.IdleLimit == 0 {
		c.IdleLimit = 24 * time.Hour
	}
	if c.SweepInterval == 0 {
		c.SweepInterval = 10 * time.Minute
	}
	if c.UsageInterval == 0 {
		c.UsageInterval = 10 * time.Second
	}
	if c.StallTimeout == 0 {
		c.StallTimeout = time.Minute
	}
	return c
}
