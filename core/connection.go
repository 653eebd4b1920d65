package core

import (
	"strconv"
	"strings"
	"time"

	"rtmwasm/core/wire"
)

// protocolVersion is the version in Hello.
const protocolVersion = 1

// standstill: a timer that fires so late shows that the page was suspended. Afterwards the page gets
// as much time to handle the frames that came meanwhile.
const standstill = time.Second

// attemptTimeout is how long an attempt to reconnect may get no answer: first until the socket is open,
// then until Welcome. A gateway to which many clients reconnect at once takes long for both. Giving up an
// attempt that it has accepted would cost it the same work again. A login has its own limit.
const attemptTimeout = 10 * time.Second

// connection is one socket and its state. A client has one connection at a time. Events of a
// former one are ignored.
type connection struct {
	c         *Client
	socket    Socket
	opened    bool
	welcomed  bool
	token     string   // the token in Hello
	renewal   *request // the renewal that this token came from; nil: it is the current token
	heard     instant  // when the last frame came; before the first, the opening or the dial
	stopWatch func()

	// pushes that were handled and are not acknowledged yet
	owed      int
	owedBytes int
}

// Limits of pushes that are not acknowledged yet, because the gateway must keep them. Above these
// limits the client acknowledges at once.
const (
	maxOwed      = 32
	maxOwedBytes = 64 << 10
)

func (c *Client) dial() {
	k := &connection{c: c, heard: now(), stopWatch: func() {}}
	c.conn = k
	k.socket = c.host.Dial("ws"+strings.TrimPrefix(c.gateway, "http")+"/rtm", k)
	if c.state == Reconnecting {
		k.watch(attemptTimeout)
	}
}

// dropConnection forgets the connection and closes its socket.
func (c *Client) dropConnection() {
	if c.stopRetry != nil {
		c.stopRetry()
		c.stopRetry = nil
	}
	k := c.conn
	if k == nil {
		return
	}
	c.conn = nil
	k.stopWatch()
	k.socket.Close()
}

// send gives a frame to the socket. It returns false if there is no socket.
func (c *Client) send(f *wire.ClientFrame) bool {
	k := c.conn
	if k == nil || !k.welcomed {
		return false
	}
	k.write(f)
	return true
}

// sayBye tells the gateway that the session is over, also if Hello is not answered yet.
func (c *Client) sayBye() bool {
	k := c.conn
	if k == nil || !k.opened {
		return false
	}
	k.write(&wire.ClientFrame{Bye: &wire.Bye{}})
	return true
}

func (k *connection) write(f *wire.ClientFrame) {
	b, err := f.MarshalVT()
	if err != nil { // cannot happen with fields of these types
		k.c.log(LogError, err.Error())
		return
	}
	k.socket.Send(b)
}

// watch ends the connection when no frame has come for limit. If its timer fires late, the page or its
// machine was suspended, and frames may be waiting: then they get the time standstill.
func (k *connection) watch(limit time.Duration) { k.watchFor(limit-since(k.heard), limit, false) }

func (k *connection) watchFor(wait, limit time.Duration, late bool) {
	due := now() + instant(wait)
	k.stopWatch = k.c.host.AfterFunc(wait, func() {
		switch {
		case since(k.heard) < limit:
			k.watch(limit)
		case !late && since(due) > standstill:
			k.watchFor(standstill, limit, true)
		default:
			k.c.lost(k, 0, "nothing heard from the gateway")
		}
	})
}

// Opened implements SocketListener.
func (k *connection) Opened() {
	c := k.c
	if c.conn != k {
		return
	}
	k.opened, k.heard = true, now()
	k.offerToken()
	hello := &wire.Hello{
		Version:   protocolVersion,
		AppId:     c.appID,
		Uid:       c.uid,
		Token:     k.token,
		Reconnect: c.state == Reconnecting,
		Sdk:       "rtm-wasm",
	}
	if c.session.id != "" {
		hello.Resume = &wire.Resume{SessionId: c.session.id, Credential: c.session.credential, LastSeq: c.session.lastSeq}
	}
	k.write(&wire.ClientFrame{Hello: hello})
}

// Received implements SocketListener.
func (k *connection) Received(frame []byte) {
	c := k.c
	if c.conn != k {
		return
	}
	k.heard = now()
	var f wire.ServerFrame
	if err := f.UnmarshalVT(frame); err != nil {
		c.lost(k, 0, "a frame from the gateway can't be read")
		return
	}
	if !k.welcomed {
		switch {
		case f.Welcome != nil:
			c.welcome(k, f.Welcome)
		case f.Refusal != nil:
			c.refused(k, &f)
		}
		return
	}
	switch {
	case f.Ping != nil:
		if k.owed > 0 {
			k.acknowledge()
		}
		k.write(&wire.ClientFrame{Pong: &wire.Pong{}})
	case f.ReplyTo != 0:
		c.answered(&f)
	case f.Seq != 0:
		k.owed, k.owedBytes = k.owed+1, k.owedBytes+len(frame)
		c.pushed(k, &f)
	}
}

// Closed implements SocketListener.
func (k *connection) Closed(code int, reason string) {
	k.c.lost(k, code, reason)
}

// welcome starts the new session, or resumes the old one.
func (c *Client) welcome(k *connection, w *wire.Welcome) {
	k.welcomed = true
	k.stopWatch()
	k.watch(max(SilenceLimit, 2*time.Duration(w.PingIntervalMs)*time.Millisecond))
	c.attempts = 0
	renewed := k.tokenTaken()
	if w.Resumed {
		c.resendLeaves()
		c.resendRequests()
		c.reportPeers(c.subscribed())
	} else {
		c.session = session{id: w.SessionId, credential: w.Credential, ahead: w.ServerTimeMs - unixMs(), continues: w.Continues}
		c.renumberRequests()
	}
	c.flushDiscards()
	c.transition(ReasonLoginSuccess)
	c.loginSucceeded()
	renewed()
}

// pushed handles a push once and acknowledges it, now or with the answer to the next Ping.
// During a logout it does neither: the push counts as not delivered.
func (c *Client) pushed(k *connection, f *wire.ServerFrame) {
	if c.loggingOut != nil {
		return
	}
	later := f.Seq > c.session.lastSeq && mayWait(f) && k.owed < maxOwed && k.owedBytes < maxOwedBytes
	if f.Seq > c.session.lastSeq {
		c.session.lastSeq = f.Seq
		switch {
		case f.Delivery != nil:
			c.deliver(f.Delivery)
		case f.MemberChange != nil:
			c.memberChanged(f.MemberChange)
		case f.Attributes != nil:
			c.attributesPushed(f.Attributes)
		case f.Presence != nil:
			c.presencePushed(f.Presence.Presence)
		case f.Invitation != nil:
			c.invited(f.Invitation)
		case f.TokenExpiring != nil:
			c.tell(func() { c.events.Token(TokenWillExpire) })
		}
	}
	if c.conn == k && !later { // a listener may have logged out
		k.acknowledge()
	}
}

// mayWait reports whether the acknowledgement of a push may wait, because it only lets the gateway
// forget the push. A channel message goes to many clients: an immediate frame from each would cost
// the gateway as much as the messages themselves.
func mayWait(f *wire.ServerFrame) bool {
	return f.Delivery != nil && f.Delivery.Channel != "" ||
		f.MemberChange != nil || f.Attributes != nil || f.Presence != nil
}

// acknowledge tells the gateway that all pushes so far were handled.
func (k *connection) acknowledge() {
	k.owed, k.owedBytes = 0, 0
	k.write(&wire.ClientFrame{Ack: &wire.Ack{Seq: k.c.session.lastSeq}})
}

func (c *Client) deliver(d *wire.Delivery) {
	if d.Message == nil || d.From == c.uid || !c.deduplicator.fresh(d) {
		return
	}
	if d.Channel == "" {
		c.tell(func() { c.events.PeerMessage(d) })
		return
	}
	if ch := c.channels[d.Channel]; ch != nil && ch.state == Joined {
		ch.since = max(ch.since, d.ServerReceivedMs-MissedOverlap.Milliseconds())
		ch.tell(func() { c.events.ChannelMessage(ch, d) })
	}
}

// lost handles the end of a connection that the client did not end itself.
func (c *Client) lost(k *connection, code int, why string) {
	if c.conn != k {
		return
	}
	c.dropConnection()
	switch {
	case c.loggingOut != nil:
		c.loggedOut()
	case c.state == Connecting && !k.opened:
		c.unreachable(code, why)
	case c.state == Connecting:
		c.loginFailed(&Error{Class: Unavailable, Code: LoginErrUnknown, Cause: textError(why),
			Text: "what answers at " + c.gateway + " ended the connection before it answered the login (code " + strconv.Itoa(code) + "): is it a gateway?"}, ReasonLoginFailure)
	case code == wire.CloseRemoteLogin:
		c.transition(ReasonRemoteLogin)
	case wire.CloseIsFinal(code) && code != wire.CloseRefused && code != wire.CloseBye:
		c.log(LogError, "the gateway ended the session: code "+strconv.Itoa(code)+" "+why)
		c.transition(ReasonBanned)
	default:
		c.log(LogWarn, "connection lost: code "+strconv.Itoa(code)+" "+why)
		c.retry()
		c.transition(ReasonInterrupted)
	}
}

// refused handles a Refusal of Hello.
func (c *Client) refused(k *connection, f *wire.ServerFrame) {
	r := f.Refusal
	if c.state == Connecting {
		c.loginFailed(loginError(r), ReasonLoginFailure)
		return
	}
	if r.Reason == wire.Refusal_DISPLACED {
		c.transition(ReasonRemoteLogin)
		return
	}
	c.log(LogWarn, "reconnection refused: "+r.Text)
	c.dropConnection()
	if aboutToken(r) || k.renewal != nil && r.Reason == wire.Refusal_UNKNOWN_APP {
		c.tokenNotTaken(k, f)
		return
	}
	c.retry()
}

// loginError is the table of API 3.1, step 7.
func loginError(r *wire.Refusal) *Error {
	e := &Error{Class: Unavailable, Code: LoginErrRejected, Text: r.Text, ServerCode: int(r.ServerCode)}
	switch r.Reason {
	case wire.Refusal_UNKNOWN_APP:
		e.Class, e.Code = Unauthenticated, LoginErrInvalidAppID
	case wire.Refusal_INVALID_TOKEN:
		e.Class, e.Code = Unauthenticated, LoginErrInvalidToken
	case wire.Refusal_TOKEN_EXPIRED:
		e.Class, e.Code = Unauthenticated, LoginErrTokenExpired
	case wire.Refusal_UID_MISMATCH:
		e.Class, e.Code = Unauthenticated, LoginErrInvalidArgument
	case wire.Refusal_INVALID_ID:
		e.Class, e.Code = InvalidArgument, LoginErrInvalidArgument
	}
	return e
}
