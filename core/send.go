package core

import "rtmwasm/core/wire"

// waiter is a send that was made while Reconnecting. It continues when the connection is back.
// If the session ends, it fails as "not logged in".
type waiter struct {
	proceed func()
	stop    func()
}

// SendToPeer sends a message to one user (API 3.4). received says whether the peer was online
// and their client acknowledged the message.
func (c *Client) SendToPeer(peer string, o *Outgoing, keepOffline bool, done func(received bool, err *Error)) {
	defer c.enter().exit()
	done = laterWith(c, done)
	check := func() *Error {
		if !ValidID(peer) {
			return &Error{Class: InvalidArgument, Code: PeerMessageErrInvalidUserID, Text: "peerId must be " + textID}
		}
		if err := o.check(&peerCodes); err != nil {
			return err
		}
		if !validEndCall(o.Message.Text) {
			return &Error{Class: InvalidArgument, Code: PeerMessageErrInvalidMessage, Text: "a text that begins with END_CALL_PREFIX must go on with _<channelId>_<extra>"}
		}
		return nil
	}
	send := &wire.Send{Peer: peer, Message: o.Message, Offline: keepOffline}
	c.sendMessage(o, &peerCodes, check, send, done)
}

// sendMessage is the order of steps of API 3.4 and 4.3.
func (c *Client) sendMessage(o *Outgoing, codes *sendCodes, check func() *Error, send *wire.Send, done func(bool, *Error)) {
	if o.Fault == NotAMessage {
		done(false, &Error{Class: InvalidArgument, Code: codes.badMessage, Text: o.FaultText})
		return
	}
	proceed := func() {
		switch {
		case !c.connected():
			done(false, errNotLoggedIn(codes.notLoggedIn))
			return
		case !c.allow(OpSend):
			done(false, &Error{Class: LimitExceeded, Code: codes.tooOften, Text: "more than 180 messages in 3 s"})
			return
		}
		if err := check(); err != nil {
			done(false, err)
			return
		}
		send.History = o.History
		if send.Origin, send.Number, send.Once = o.Origin, o.Number, true; o.Number == 0 {
			send.Origin, send.Number, send.Once = c.senderID, c.numbers.next(send.Peer+"/"+send.Channel), false
		}
		c.request(&wire.ClientFrame{Send: send}, ResendAfter, func(f *wire.ServerFrame) {
			received, err := sendOutcome(f, codes)
			done(received, err)
		})
	}
	if c.state != Reconnecting {
		proceed()
		return
	}
	w := &waiter{proceed: proceed}
	w.stop = c.host.AfterFunc(ReconnectWait, func() {
		c.forget(w)
		done(false, &Error{Class: Timeout, Code: codes.timeout, Text: "the connection did not come back within 9 s"})
	})
	c.waiting = append(c.waiting, w)
}

func (c *Client) forget(w *waiter) {
	for i := range c.waiting {
		if c.waiting[i] == w {
			c.waiting = append(c.waiting[:i:i], c.waiting[i+1:]...)
			return
		}
	}
}

// sendOutcome turns the answer to Send into the result of the method.
func sendOutcome(f *wire.ServerFrame, codes *sendCodes) (received bool, err *Error) {
	timeout, refusal := failure(f)
	switch {
	case timeout:
		return false, &Error{Class: Timeout, Code: codes.timeout, Text: "the gateway did not answer within 10 s"}
	case refusal == nil:
		return f.Sent != nil && f.Sent.Received, nil
	}
	err = &Error{Class: codes.failureClass, Code: codes.failure, Text: refusal.Text, ServerCode: int(refusal.ServerCode)}
	switch refusal.Reason {
	case wire.Refusal_TOO_LARGE:
		err.Class, err.Code = LimitExceeded, codes.badMessage
	case wire.Refusal_TOO_OFTEN:
		err.Class, err.Code = LimitExceeded, codes.tooOften
	case wire.Refusal_NOT_JOINED: // only for a channel
		return false, errNotJoined(ChannelMessageErrNotInChannel)
	case wire.Refusal_INVALID_ID, wire.Refusal_BAD_REQUEST:
		err.Class, err.Code = InvalidArgument, codes.badMessage
	default:
		err.Cause = textError(refusal.Text)
	}
	return false, err
}
