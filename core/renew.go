package core

import "rtmwasm/core/wire"

// TokenEvent is an event about the token. Its text is the API's name of the event.
type TokenEvent string

// The token events (API 8.6). An open connection stays open when its token expires.
const (
	// TokenExpired: the gateway refused a reconnection because of the token. The client makes
	// no more attempts until RenewToken or a logout.
	TokenExpired TokenEvent = "TokenExpired"

	// TokenWillExpire: the token expires in 30 s.
	TokenWillExpire TokenEvent = "TokenPrivilegeWillExpire"
)

// RenewToken sends a new token, which the gateway checks (API 3.3). If it is valid, the next
// connection uses it instead of the login's token. While Reconnecting, the next attempt to
// reconnect uses it. If the old token was refused, that attempt is made at once.
func (c *Client) RenewToken(token string, done func(*Error)) {
	defer c.enter().exit()
	done = c.later(done)
	if token == "" {
		done(&Error{Class: InvalidArgument, Code: RenewTokenErrInvalidArgument, Text: "token must be a string that is not empty"})
		return
	}
	if !c.connected() && c.state != Reconnecting {
		done(errNotLoggedIn(RenewTokenErrUserNotLoggedIn))
		return
	}
	if err := c.tooOften(OpRenew, RenewTokenErrTooOften); err != nil {
		done(err)
		return
	}
	c.renewals++
	n := c.renewals
	c.requestWithin(RenewTimeout, &wire.ClientFrame{Renew: &wire.Renew{Token: token}}, RenewResend, func(f *wire.ServerFrame) {
		err := renewError(f)
		// A token that was not checked is better than a refused one. A later renewal may already have been answered.
		if (err == nil || f == nil && c.tokenRefused) && n > c.renewed {
			c.token, c.renewed, c.tokenRefused = token, n, false
		}
		done(err)
	})
	if c.tokenRefused && c.conn == nil {
		c.dropConnection() // the wait for the next attempt
		c.dial()
	}
}

// renewError is the table of API 3.3. It returns nil if the gateway accepted the token.
func renewError(f *wire.ServerFrame) *Error {
	if f == sessionOver {
		return errNotLoggedIn(RenewTokenErrUserNotLoggedIn)
	}
	timeout, r := failure(f)
	switch {
	case timeout:
		return &Error{Class: Timeout, Code: RenewTokenErrFailure, Text: "the gateway did not answer within 20 s"}
	case r == nil:
		return nil
	}
	e := &Error{Class: Unavailable, Code: RenewTokenErrRejected, Text: r.Text, ServerCode: int(r.ServerCode)}
	switch {
	case r.Reason == wire.Refusal_TOKEN_EXPIRED:
		e.Class, e.Code = Unauthenticated, RenewTokenErrTokenExpired
	case r.Reason == wire.Refusal_UNKNOWN_APP || aboutToken(r):
		e.Class, e.Code = Unauthenticated, RenewTokenErrInvalidToken
	case r.Reason == wire.Refusal_TOO_OFTEN:
		e.Class, e.Code = InvokeTooOften, RenewTokenErrTooOften
	}
	return e
}

// aboutToken reports whether another token would help against a refusal.
func aboutToken(r *wire.Refusal) bool {
	return r.Reason == wire.Refusal_TOKEN_EXPIRED || r.Reason == wire.Refusal_INVALID_TOKEN || r.Reason == wire.Refusal_UID_MISMATCH
}

// renewing returns the latest renewal that is not answered yet, or nil.
func (c *Client) renewing() (latest *request) {
	for _, r := range c.pending {
		if r.frame.Renew != nil && (latest == nil || r.frame.Id > latest.frame.Id) {
			latest = r
		}
	}
	return latest
}

// offerToken chooses the token for Hello: that of the running renewal, if there is one.
func (k *connection) offerToken() {
	k.token, k.renewal = k.c.token, k.c.renewing()
	if k.renewal != nil {
		k.token = k.renewal.frame.Renew.Token
	}
}

// takeRenewal withdraws the renewal whose token was in Hello. It returns nil if no such renewal
// waits for an answer.
func (k *connection) takeRenewal() *request {
	r := k.renewal
	if r == nil || k.c.pending[r.frame.Id] != r {
		return nil
	}
	k.c.withdraw(r)
	return r
}

// tokenTaken handles a token that Welcome has accepted. Call settle after the state has changed.
func (k *connection) tokenTaken() (settle func()) {
	k.c.token, k.c.tokenRefused = k.token, false
	if r := k.takeRenewal(); r != nil {
		return func() { r.answer(&wire.ServerFrame{}) }
	}
	return func() {}
}

// tokenNotTaken handles a refusal of the token while Reconnecting. If it was the current token, the
// attempts end. If it was the token of a renewal, they continue with the current token.
func (c *Client) tokenNotTaken(k *connection, f *wire.ServerFrame) {
	if k.renewal == nil {
		c.tokenRefused = true
		c.tell(func() { c.events.Token(TokenExpired) })
		return
	}
	r := k.takeRenewal()
	if !c.tokenRefused || c.renewing() != nil {
		c.retry()
	}
	if r != nil {
		r.answer(f)
	}
}
