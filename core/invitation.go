package core

import (
	"time"

	"rtmwasm/core/wire"
)

// Invitation is one side of a call invitation (API 5): the caller's LocalInvitation, made by
// Client.Invitation, or the callee's RemoteInvitation, which Events.InvitationReceived brings.
// It can be used for one call.
type Invitation struct {
	CallID string // unique, such as a UUID; the caller makes it
	Peer   string // uid of the other side

	// Channel is a channel id or "", Content and Response are at most
	// MaxInvitationBytes. The caller sets the first two before Send.
	Channel, Content, Response string

	c       *Client
	remote  bool
	state   InvitationState
	offline bool      // the gateway's last answer said that the peer is offline
	asked   *request  // the OFFER or ACCEPT that waits for its answer
	timers  []func()  // stop the timers of the current state
	failure callEvent // the reason of InvitationFailure
}

// Invitation returns an invitation to peer. The caller must have checked the id (ValidID).
func (c *Client) Invitation(peer, callID string) *Invitation {
	return &Invitation{c: c, Peer: peer, CallID: callID, state: InvitationIdle}
}

// Call returns the unfinished invitation with this Key, or nil.
func (c *Client) Call(key string) *Invitation { return c.calls[key] }

// State returns how far the call has got.
func (i *Invitation) State() InvitationState { return i.state }

// Key identifies the invitation among the invitations of its client.
func (i *Invitation) Key() string { return callKey(i.Peer, i.CallID, i.remote) }

// callKey is unambiguous, because user ids cannot have control characters.
func callKey(peer, callID string, remote bool) string {
	if remote {
		return peer + "\x01" + callID
	}
	return peer + "\x00" + callID
}

// Send sends the invitation to the callee (API 5.1). If the client is not logged in, Send
// returns no error, and the invitation fails a moment later.
func (i *Invitation) Send() *Error { return i.act(callSend, i.Content) }

// Cancel withdraws the invitation and tells the callee, with the present Content. The event
// comes before Cancel returns.
func (i *Invitation) Cancel() *Error { return i.act(callCancel, i.Content) }

// Accept accepts the invitation, with the callee's Response (API 5.2).
func (i *Invitation) Accept() *Error { return i.act(callAccept, i.Response) }

// Refuse refuses the invitation, with the callee's Response. The event comes before Refuse returns.
func (i *Invitation) Refuse() *Error { return i.act(callRefuse, i.Response) }

// Do does an action ("send", "cancel", "accept" or "refuse") without the checks, which the caller must have made.
func (i *Invitation) Do(action string) {
	defer i.c.enter().exit()
	i.step(callEvent(action))
}

// act does what the application asks for, if the checks allow it.
func (i *Invitation) act(e callEvent, text string) *Error {
	if err := i.check(e, text); err != nil {
		return err
	}
	i.Do(string(e))
	return nil
}

// check is the order of checks of API 5.
func (i *Invitation) check(e callEvent, text string) *Error {
	code := 0
	switch {
	case i.state.final():
		code = InvitationApiCallErrAlreadyEnd
	case i.state == InvitationIdle && e != callSend:
		code = InvitationApiCallErrNotStarted
	case i.state == InvitationAcceptSent:
		code = InvitationApiCallErrAlreadyAccept
	case i.state != InvitationIdle && e == callSend:
		code = InvitationApiCallErrAlreadySent
	case len(text) > MaxInvitationBytes, e == callSend && i.Channel != "" && !ValidID(i.Channel):
		return &Error{Class: InvalidArgument, Code: InvitationApiCallErrInvalidArgument,
			Text: "content and response may have 8192 bytes, and channelId must be empty or of 1 to 64 of the allowed characters"}
	}
	if code != 0 {
		return &Error{Class: InvalidStatus, Code: code, Text: "the invitation is " + string(i.state)}
	}
	return nil
}

// step handles the event e. It is the only function that changes the state.
func (i *Invitation) step(e callEvent) {
	if i.offline && (e == callNoResponse || e == callAcceptFailure) {
		e = callPeerOffline
	}
	next := localNext
	if i.remote {
		next = remoteNext
	}
	to, do := next(i.state, e)
	changed := to != i.state
	if changed {
		i.leave(to, e)
	}
	i.do(do)
	if changed {
		news := i.news()
		i.c.tell(func() { i.c.events.InvitationChanged(i, to, news) })
	}
}

// leave stops the timers and requests of the former state.
func (i *Invitation) leave(to InvitationState, e callEvent) {
	i.state = to
	if to == InvitationAcceptSent { // its timer of the expiry continues
		return
	}
	for _, stop := range i.timers {
		stop()
	}
	i.timers = nil
	if i.asked != nil {
		i.c.withdraw(i.asked)
	}
	if !to.final() {
		return
	}
	c := i.c
	delete(c.calls, i.Key())
	c.past[c.pastNext] = pastCall{i.Key(), to == InvitationAccepted || to == InvitationAcceptedByRemote}
	c.pastNext = (c.pastNext + 1) % len(c.past)
	if to == InvitationFailure {
		i.failure = e
	}
}

// news returns the text of the API's event for the state.
func (i *Invitation) news() string {
	switch i.state {
	case InvitationFailure:
		return string(i.failure)
	case InvitationCanceled:
		return i.Content
	}
	return i.Response
}

func (i *Invitation) do(do callEffect) {
	switch do {
	case doOffer:
		i.c.calls[i.Key()] = i
		i.after(InvitationDelivery, callNoResponse)
		fallthrough
	case doOfferAgain:
		i.sendUntilAcked(&wire.Invitation{Kind: wire.Invitation_OFFER, Channel: i.Channel, Text: i.Content}, InvitationRetry)
	case doAccept:
		i.after(InvitationConfirm, callAcceptFailure)
		fallthrough
	case doAcceptAgain:
		i.sendUntilAcked(&wire.Invitation{Kind: wire.Invitation_ACCEPT, Text: i.Response}, InvitationRepeat)
	case doExpire:
		i.after(InvitationExpiry, callExpire)
	case doConfirm:
		i.tell(&wire.Invitation{Kind: wire.Invitation_CONFIRM})
	case doRefuse:
		i.tell(&wire.Invitation{Kind: wire.Invitation_REFUSE, Text: i.Response})
	case doCancel:
		i.tell(&wire.Invitation{Kind: wire.Invitation_CANCEL, Text: i.Content})
	}
}

func (i *Invitation) after(d time.Duration, e callEvent) {
	i.timers = append(i.timers, i.c.host.AfterFunc(d, func() { i.step(e) }))
}

// tell sends a frame and ignores the outcome.
func (i *Invitation) tell(f *wire.Invitation) {
	if i.c.loggedIn() {
		i.c.allow(OpSend) // it counts towards the rate, but is always sent
		i.ask(f, func(*wire.ServerFrame) {})
	}
}

func (i *Invitation) ask(f *wire.Invitation, answer func(*wire.ServerFrame)) *request {
	f.Peer, f.CallId = i.Peer, i.CallID
	return i.c.request(&wire.ClientFrame{Invitation: f}, ResendAfter, answer)
}

// sendUntilAcked sends a frame that the peer's client must acknowledge. If it does not, the frame is
// sent again later.
func (i *Invitation) sendUntilAcked(f *wire.Invitation, again time.Duration) {
	c := i.c
	switch {
	case !c.loggedIn():
		i.after(0, callNotLoggedIn)
		return
	case !c.allow(OpSend):
		i.after(again, callRetry)
		return
	}
	conn := c.conn
	i.asked = i.ask(f, func(a *wire.ServerFrame) {
		i.asked = nil
		timeout, refusal := failure(a)
		i.offline = refusal == nil && !timeout && !a.Sent.GetReceived()
		switch {
		case timeout && c.state == Connected && conn == c.conn: // a time-out that a lost connection did not cause
			i.step(callNoResponse)
		case refusal != nil && refusal.Reason != wire.Refusal_TOO_OFTEN && refusal.Reason != wire.Refusal_UNAVAILABLE:
			i.step(callUnknown)
		case timeout || refusal != nil || i.offline:
			i.after(again, callRetry)
		default:
			i.step(callTaken)
		}
	})
}

// loggedIn reports whether the client may have unfinished invitations.
func (c *Client) loggedIn() bool {
	return (c.state == Connected || c.state == Reconnecting) && c.loggingOut == nil
}

// pastCall is a finished call. It is remembered for frames that come late.
type pastCall struct {
	key      string
	accepted bool
}

// invited handles a step that the other side sent.
func (c *Client) invited(f *wire.Invitation) {
	remote := f.Kind == wire.Invitation_OFFER || f.Kind == wire.Invitation_CANCEL || f.Kind == wire.Invitation_CONFIRM
	key := callKey(f.Peer, f.CallId, remote)
	i := c.calls[key]
	if i == nil {
		c.invitedAnew(f, key)
		return
	}
	switch f.Kind {
	case wire.Invitation_CANCEL:
		i.Content = f.Text
		i.step(callCancel)
	case wire.Invitation_CONFIRM:
		i.step(callConfirm)
	case wire.Invitation_ACCEPT, wire.Invitation_REFUSE:
		e := callAccept
		if f.Kind == wire.Invitation_REFUSE {
			e = callRefuse
		}
		i.step(callTaken) // an answer shows that the OFFER arrived
		c.pause()
		if !i.state.final() { // a listener may have canceled it
			i.Response = f.Text
			i.step(e)
		}
	}
}

// invitedAnew handles a step of a call that is not running: a new call, or a finished call
// whose other side does not know yet that it has ended.
func (c *Client) invitedAnew(f *wire.Invitation, key string) {
	i := c.Invitation(f.Peer, f.CallId)
	for n := range c.past {
		p := &c.past[n]
		if p.key != key {
			continue
		}
		if p.accepted && f.Kind == wire.Invitation_ACCEPT { // the CONFIRM got lost
			i.do(doConfirm)
		}
		return
	}
	if f.Kind == wire.Invitation_OFFER {
		i.remote, i.Channel, i.Content, i.state = true, f.Channel, f.Text, InvitationReceived
		c.calls[key] = i
		i.do(doExpire)
		c.tell(func() { c.events.InvitationReceived(i) })
	}
}

// endCalls ends all unfinished calls when the session ends.
func (c *Client) endCalls() {
	for _, i := range c.calls {
		if i.remote {
			i.step(callUnknown)
		} else {
			i.step(callNotLoggedIn)
		}
	}
}
