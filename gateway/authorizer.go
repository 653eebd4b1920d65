package gateway

import (
	"context"
	"time"

	"rtmwasm/core/wire"
)

// Login is what a client says of itself. The ids have been checked for their form.
type Login struct {
	User
	Token string // "" if none
}

// Authorizer decides who may log in. It is asked at each Hello, resumes included, and at
// each Renew.
type Authorizer interface {
	// Authorize returns for a login that is allowed when its token ends, the zero time
	// for never; else why it is not allowed.
	Authorize(ctx context.Context, login Login) (expiry time.Time, refusal *wire.Refusal)
}

// Development allows every login and ignores tokens.
type Development struct{}

// Serves reports whether an app id is served: each one is.
func (Development) Serves(string) bool { return true }

// Authorize implements Authorizer.
func (Development) Authorize(context.Context, Login) (time.Time, *wire.Refusal) {
	return time.Time{}, nil
}
