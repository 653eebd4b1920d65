package media

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Principal is the user in whose name a request is made.
type Principal struct {
	App       string // app id
	UID       string // user id within the app
	SessionID string // unique among all sessions of all apps
}

// ErrUnauthorized is the error of an Authenticator for a credential that is
// unknown or no longer valid.
var ErrUnauthorized = errors.New("media: unknown or expired credential")

// Authenticator finds the user of a credential.
type Authenticator interface {
	// Authenticate returns ErrUnauthorized for a bad credential. Any other error
	// means that it could not check the credential, and the client may try again.
	Authenticate(ctx context.Context, credential string) (Principal, error)
}

// Config configures a Handler. Store and Auth are required; every other field may have
// its zero value.
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

	// Meter counts transfers; nil means that nothing is counted.
	Meter Meter

	// IdleLimit is how long after its last byte a sweep removes an unfinished upload; 0
	// means 24 h.
	IdleLimit time.Duration

	// SweepInterval is the time between two sweeps of Run; 0 means 10 minutes.
	SweepInterval time.Duration

	// UserBytes and AppBytes are how much the files of one user and of one app may take
	// together, in bytes; 0 means no limit. Beyond it, new uploads are refused with status 507.
	UserBytes, AppBytes int64

	// UsageInterval is how long an answer of Store.Usage is used; 0 means 10 s. Files that
	// expire or are removed count until then.
	UsageInterval time.Duration

	// Transfers is how many uploads and downloads may run, AppTransfers how many of one app;
	// 0 means no limit. Each uses about a quarter MiB. Clients must try again later if there are
	// more, or while Busy, if set, returns true.
	Transfers, AppTransfers int
	Busy                    func() bool

	// StallTimeout ends an upload of which no byte arrives for this time, and a download whose
	// client reads less than 16 KiB in this time; 0 means 60 s.
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
