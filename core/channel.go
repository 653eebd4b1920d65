package core

import (
	"strconv"

	"rtmwasm/core/wire"
)

// JoinState says whether a channel object is joined. Applications see its text.
type JoinState string

// The join states.
const (
	Left    JoinState = "LEFT"
	Joining JoinState = "JOINING"
	Joined  JoinState = "JOINED"
)

// Channel is one RtmChannel object of the API. Several objects may have the same channel id;
// only one of them at a time can be joined.
type Channel struct {
	c     *Client
	id    string
	state JoinState

	leaves []func(*Error) // leaves that wait for the running join

	since int64 // a new session asks for messages from this time on, Unix ms of the gateway

	members     map[string]bool // the other members that the application may know; false: from a former session
	listed      bool            // members is complete
	attributes  uint64          // revision of the last AttributesUpdated; 0 before the first
	rejoins     int             // attempts to join again that were refused
	count       int
	shownCount  int // the last count emitted; -1 before the first
	shownAt     instant
	stopShowing func() // set while an emission is planned
}

// Channel returns a channel object that is not joined. The caller must have checked the id
// (ValidID).
func (c *Client) Channel(id string) *Channel {
	return &Channel{c: c, id: id, state: Left}
}

// ID returns the channel's id.
func (ch *Channel) ID() string { return ch.id }

// State returns whether the channel is joined.
func (ch *Channel) State() JoinState { return ch.state }

// Join joins the channel (API 4.1).
func (ch *Channel) Join(done func(*Error)) {
	c := ch.c
	defer c.enter().exit()
	done = c.later(done)
	switch {
	case !c.connected():
		done(errNotLoggedIn(JoinChannelErrUserNotLoggedIn))
		return
	case !ValidID(ch.id):
		done(&Error{Class: InvalidArgument, Code: JoinChannelErrInvalidArgument, Text: "channelId must be " + textID})
		return
	case ch.state != Left:
		done(&Error{Class: InvalidStatus, Code: JoinChannelErrAlreadyJoined, Text: "this channel object is joined or joining already"})
		return
	case c.channels[ch.id] != nil:
		done(&Error{Class: InvalidStatus, Code: JoinChannelErrAlreadyJoinedChannelOfSameID, Text: "another channel object of this client is joined under the same id"})
		return
	case len(c.channels) >= MaxJoinedChannels:
		done(&Error{Class: LimitExceeded, Code: JoinChannelErrExceedLimit, Text: "joined channels are limited to " + strconv.Itoa(MaxJoinedChannels)})
		return
	}
	if err := c.joinTooOften(ch.id); err != nil {
		done(err)
		return
	}
	c.channels[ch.id] = ch
	delete(c.left, ch.id)
	ch.members, ch.listed = map[string]bool{}, false
	ch.attributes = 0
	ch.shownCount = -1
	ch.setState(Joining)
	c.request(&wire.ClientFrame{Join: &wire.Join{Channel: ch.id}}, 0, func(f *wire.ServerFrame) { ch.joinAnswered(f, done) })
}

func (ch *Channel) joinAnswered(f *wire.ServerFrame, done func(*Error)) {
	if ch.state != Joining { // a logout is running
		f = sessionOver
	}
	leaves := ch.leaves
	ch.leaves = nil
	err := joinError(f)
	if err != nil {
		if f == nil { // no answer: the gateway may have joined the channel, so leave it
			ch.sendLeave()
		}
		ch.gone()
	} else {
		ch.since = unixMs() + ch.c.session.ahead
		ch.addMembers(f.Joined.GetUid())
		ch.setState(Joined)
	}
	done(err)
	if leaves != nil {
		if err == nil {
			ch.c.pause()
		}
		if ch.state == Joined { // the join may have been sent again after the leave
			ch.sendLeave()
			ch.gone()
		}
		for _, left := range leaves {
			left(nil)
		}
	}
	if ch.state == Joined && f.Joined != nil {
		ch.countChanged(int(f.Joined.MemberCount))
	}
}

func joinError(f *wire.ServerFrame) *Error {
	timeout, refusal := failure(f)
	switch {
	case timeout:
		return &Error{Class: Timeout, Code: JoinChannelTimeout, Text: "the gateway did not answer within 10 s"}
	case refusal == nil:
		return nil
	}
	err := &Error{Class: Unavailable, Code: JoinChannelErrFailure, Text: refusal.Text, ServerCode: int(refusal.ServerCode)}
	switch refusal.Reason {
	case wire.Refusal_LIMIT:
		err.Class, err.Code = LimitExceeded, JoinChannelErrExceedLimit
	case wire.Refusal_TOO_OFTEN:
		err.Class, err.Code = InvokeTooOften, JoinChannelErrTooOften
	case wire.Refusal_SAME_CHANNEL_TOO_OFTEN:
		err.Class, err.Code = InvokeTooOften, JoinChannelErrJoinSameChannelTooOften
	case wire.Refusal_INVALID_ID:
		err.Class, err.Code = InvalidArgument, JoinChannelErrInvalidArgument
	}
	return err
}

// Leave leaves the channel (API 4.2). The packet goes out inside the call.
func (ch *Channel) Leave(done func(*Error)) {
	c := ch.c
	defer c.enter().exit()
	done = c.later(done)
	switch {
	case !c.hasLoggedIn:
		done(errNotLoggedIn(LeaveChannelErrUserNotLoggedIn))
		return
	case ch.state == Left:
		done(&Error{Class: InvalidStatus, Code: LeaveChannelErrNotInChannel, Text: "this channel object is not joined"})
		return
	}
	ch.sendLeave()
	if ch.state == Joining {
		ch.leaves = append(ch.leaves, done)
		return
	}
	ch.gone()
	done(nil)
}

// sendLeave tells the gateway, now and once more after a resume.
func (ch *Channel) sendLeave() {
	ch.c.left[ch.id] = !ch.c.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: ch.id}})
}

// gone makes the object LEFT, for any cause.
func (ch *Channel) gone() {
	if ch.c.channels[ch.id] == ch {
		delete(ch.c.channels, ch.id)
	}
	if ch.stopShowing != nil {
		ch.stopShowing()
		ch.stopShowing = nil
	}
	if ch.state != Left {
		ch.setState(Left)
	}
}

func (ch *Channel) setState(s JoinState) {
	ch.state = s
	ch.c.tell(func() { ch.c.events.JoinStateChanged(ch, s) })
}

// tell queues an event of the channel. It is dropped if the channel is left before.
func (ch *Channel) tell(event func()) {
	ch.c.tell(func() {
		if ch.state == Joined {
			event()
		}
	})
}

// Send sends a message to all other members (API 4.3).
func (ch *Channel) Send(o *Outgoing, done func(*Error)) {
	defer ch.c.enter().exit()
	done = ch.c.later(done)
	check := func() *Error {
		if ch.state != Joined {
			return errNotJoined(ChannelMessageErrNotInChannel)
		}
		return o.check(&channelCodes)
	}
	if o.Fault != NotAMessage && ch.state != Joined { // checked before the login state, and again after a wait
		done(errNotJoined(ChannelMessageErrNotInChannel))
		return
	}
	send := &wire.Send{Channel: ch.id, Message: o.Message}
	ch.c.sendMessage(o, &channelCodes, check, send, func(_ bool, err *Error) { done(err) })
}

// errNotJoined is the error of every method that needs a joined channel.
func errNotJoined(code int) *Error {
	return &Error{Class: InvalidStatus, Code: code, Text: "join the channel first"}
}

// Members asks for the channel's members, including the local user (API 4.4). Several calls may get
// the same list: do not change it.
func (ch *Channel) Members(done func([]string, *Error)) {
	defer ch.c.enter().exit()
	done = laterWith(ch.c, done)
	switch {
	case !ch.c.connected():
		done(nil, errNotLoggedIn(GetMembersErrUserNotLoggedIn))
		return
	case ch.state != Joined:
		done(nil, errNotJoined(GetMembersErrNotInChannel))
		return
	}
	frame := &wire.ClientFrame{Members: &wire.Members{Channel: ch.id}}
	ch.c.read(OpMembers, frame, func(f *wire.ServerFrame) {
		timeout, refusal := failure(f)
		switch {
		case timeout:
			done(nil, &Error{Class: Timeout, Code: GetMembersErrTimeout, Text: "the gateway did not answer within 10 s"})
		case refusal != nil && refusal.Reason == wire.Refusal_TOO_OFTEN:
			done(nil, &Error{Class: InvokeTooOften, Code: GetMembersErrTooOften, Text: refusal.Text})
		case refusal != nil && refusal.Reason == wire.Refusal_NOT_JOINED:
			done(nil, errNotJoined(GetMembersErrNotInChannel))
		case refusal != nil:
			done(nil, &Error{Class: Unknown, Code: GetMembersErrFailure, Text: refusal.Text, ServerCode: int(refusal.ServerCode)})
		default:
			done(f.MemberList.GetUid(), nil)
		}
	})
}
