package gateway

import (
	"context"

	"rtmwasm/core/wire"
)

// Login is what a client says of itself. The ids have been checked for their form.
type Login struct {
	User
	Token string // "" if none
}

// Authorizer decides who may log in. It is asked at each Hello, resumes included.
type Authorizer interface {
	// Authorize returns nil for a login that is allowed, else why it is not.
	Authorize(ctx context.Context, login Login) *wire.Refusal
}

// Development allows every login and ignores tokens.
type Development struct{}

// Authorize implements Authorizer.
func (Development) Authorize(context.Context, Login) *wire.Refusal { return nil }
