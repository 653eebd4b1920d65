package core

import "time"

// loginAttempt is a login that waits for its answer.
type loginAttempt struct {
	done []func(*Error) // of the login, and of logouts that wait for it
	stop func()         // of the timeout
}

// Login connects as uid (API 3.1). done is called once; the state changes to
// Connecting inside the call.
func (c *Client) Login(uid, token string, done func(*Error)) {
	defer c.enter().exit()
	if err := c.checkLogin(uid); err != nil {
		c.later(done)(err)
		return
	}
	c.BeginLogin(uid, token, done)
}

// checkLogin is the order of checks of API 3.1.
func (c *Client) checkLogin(uid string) *Error {
	switch {
	case !ValidID(uid):
		return &Error{Class: InvalidArgument, Code: LoginErrInvalidArgument, Text: "uid must be " + textID}
	case c.lastLogin != 0 && since(c.lastLogin) < LoginInterval:
		return &Error{Class: InvokeTooOften, Code: LoginErrTooOften, Text: "login may be called twice a second at most"}
	case c.state != Disconnected:
		c.lastLogin = now()
		return &Error{Class: InvalidStatus, Code: LoginErrAlreadyLogin, Text: "already logged in, or logging in; log out first"}
	}
	return nil
}

// BeginLogin is Login without the checks, which the caller must have made.
func (c *Client) BeginLogin(uid, token string, done func(*Error)) {
	defer c.enter().exit()
	if token == c.appID { // the API's way to say "no token"
		token = ""
	}
	c.uid, c.token = uid, token
	c.lastLogin = now()
	attempt := &loginAttempt{done: []func(*Error){c.later(done)}}
	attempt.stop = c.host.AfterFunc(LoginTimeout, func() {
		c.loginFailed(&Error{Class: Timeout, Code: LoginErrTimeout, Text: "the gateway did not answer within 12 s"}, ReasonLoginTimeout)
	})
	c.login = attempt
	c.transition(ReasonLogin)
	c.dial()
}

// loginFailed ends a login with an error.
func (c *Client) loginFailed(err *Error, r Reason) {
	attempt := c.login
	if attempt == nil {
		return
	}
	c.login = nil
	attempt.stop()
	c.transition(r)
	for _, done := range attempt.done {
		done(err)
	}
}

// loginSucceeded is called once the state is Connected.
func (c *Client) loginSucceeded() {
	attempt := c.login
	if attempt == nil {
		return
	}
	c.login = nil
	attempt.stop()
	for _, done := range attempt.done {
		done(nil)
	}
}

// logout is a logout that waits for the gateway.
type logout struct {
	done []func(*Error)
	stop func()
}

// logoutTimeout is how long a logout waits for the gateway to close the socket. (API 3.2)
const logoutTimeout = 5 * time.Second

// Logout ends the session (API 3.2). It sends the packet inside the call. It calls done when the
// gateway has closed the socket, or after 5 s.
func (c *Client) Logout(done func(*Error)) {
	defer c.enter().exit()
	done = c.later(done)
	if c.login != nil { // wait for it
		c.login.done = append(c.login.done, c.later(func(err *Error) {
			if err != nil {
				done(err)
				return
			}
			c.Logout(done)
		}))
		return
	}
	if c.loggingOut != nil {
		c.loggingOut.done = append(c.loggingOut.done, done)
		return
	}
	if c.state == Disconnected {
		done(errNotLoggedIn(LogoutErrUserNotLoggedIn))
		return
	}
	c.loggingOut = &logout{done: []func(*Error){done}, stop: func() {}}
	c.leaveAll()
	clear(c.peers)
	c.interruptTasks()
	c.endCalls()
	if !c.sayBye() || c.state != Connected {
		c.loggedOut()
		return
	}
	c.loggingOut.stop = c.host.AfterFunc(logoutTimeout, c.loggedOut)
}

// LogoutNow is Logout without waiting for the gateway (the API's logoutSync).
func (c *Client) LogoutNow() *Error {
	defer c.enter().exit()
	if c.state == Disconnected {
		return errNotLoggedIn(LogoutErrUserNotLoggedIn)
	}
	if c.loggingOut == nil {
		c.sayBye()
	}
	attempt := c.login
	c.login = nil
	c.loggedOut()
	if attempt != nil {
		attempt.stop()
		for _, done := range attempt.done {
			done(&Error{Class: Interrupted, Code: LoginErrAbortedByLogout, Text: "logged out before the login was answered"})
		}
	}
	return nil
}

// loggedOut ends a logout.
func (c *Client) loggedOut() {
	leaving := c.loggingOut
	c.loggingOut = nil
	c.transition(ReasonLogout)
	if leaving != nil {
		leaving.stop()
		for _, done := range leaving.done {
			done(nil)
		}
	}
}

// errNotLoggedIn returns the error of methods that need a login. Only the code differs.
func errNotLoggedIn(code int) *Error {
	return &Error{Class: InvalidStatus, Code: code, Text: "not logged in, or the connection is down"}
}
