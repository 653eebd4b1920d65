package core

import "rtmwasm/core/wire"

// Attribute is one attribute of a user or channel: a key of 1 to 32 bytes with a value of
// 1 to 8192 bytes. Only attributes of channels have their last writer and time.
type Attribute = wire.Attribute

// WriteAttributes changes the local user's attributes or, if w names a channel, those of the
// channel (API 10). The client need not have joined it. The gateway checks that all attributes
// together are within the limits.
func (c *Client) WriteAttributes(w *wire.AttributeWrite, done func(*Error)) {
	defer c.enter().exit()
	done = c.later(done)
	op := OpWriteUser
	if w.Channel != "" {
		op = OpWriteChannel
	}
	f := &wire.ClientFrame{Write: w}
	err := c.checkWrite(f)
	if err == nil {
		err = c.tooOften(op, AttributeOperationErrTooOften)
	}
	if err != nil {
		done(err)
		return
	}
	c.request(f, 0, func(f *wire.ServerFrame) {
		err := attributeError(f)
		if err == nil && op == OpWriteUser {
			c.attributes = written(c.attributes, w)
		}
		done(err)
	})
}

// ReadAttributes asks for the attributes of a user who is online, or of a channel, joined
// or not (API 10). Without keys it asks for all. An unknown channel has no attributes.
func (c *Client) ReadAttributes(r *wire.AttributeRead, done func([]*Attribute, *Error)) {
	defer c.enter().exit()
	done = laterWith(c, done)
	op := OpReadUser
	if r.Channel != "" {
		op = OpReadChannel
	}
	f := &wire.ClientFrame{Read: r}
	if err := c.checkRead(r); err != nil {
		done(nil, err)
		return
	}
	c.read(op, f, func(f *wire.ServerFrame) {
		if err := attributeError(f); err != nil {
			done(nil, err)
			return
		}
		done(f.Attributes.GetAttribute(), nil)
	})
}

func attributeError(f *wire.ServerFrame) *Error {
	err := answerError(f, AttributeOperationErrTimeout, AttributeOperationErrTooOften, AttributeOperationErrFailure)
	switch f.GetRefusal().GetReason() {
	case wire.Refusal_NOT_FOUND:
		err.Code = AttributeOperationErrUserNotFound
	case wire.Refusal_TOO_LARGE, wire.Refusal_LIMIT:
		err.Class, err.Code = LimitExceeded, AttributeOperationErrSizeOverflow
	case wire.Refusal_BAD_REQUEST, wire.Refusal_INVALID_ID:
		err.Class, err.Code = InvalidArgument, AttributeOperationErrInvalidArgument
	}
	return err
}

// written returns the attributes after a write.
func written(list []*Attribute, w *wire.AttributeWrite) (out []*Attribute) {
	if w.Op == wire.AttributeWrite_UPDATE || w.Op == wire.AttributeWrite_DELETE {
		for _, a := range list {
			if !hasKey(w.Attribute, a.Key) {
				out = append(out, a)
			}
		}
	}
	if w.Op == wire.AttributeWrite_SET || w.Op == wire.AttributeWrite_UPDATE {
		out = append(out, w.Attribute...)
	}
	return out
}

func hasKey(list []*Attribute, key string) bool {
	for _, a := range list {
		if a.Key == key {
			return true
		}
	}
	return false
}

// restoreAttributes sets the user's attributes again in a new session (API 8.2). For the application
// they are already set, so the client tries until it succeeds.
func (c *Client) restoreAttributes() {
	if len(c.attributes) == 0 {
		return
	}
	w := &wire.AttributeWrite{Attribute: c.attributes}
	c.request(&wire.ClientFrame{Write: w}, 0, func(f *wire.ServerFrame) {
		if attributeError(f) != nil && f != sessionOver {
			c.restoreLater()
		}
	})
}

// restoreLater waits for a running write, because restoring would undo it.
func (c *Client) restoreLater() {
	c.retryInSession(lastRetry, func() {
		for _, r := range c.pending {
			if w := r.frame.Write; w != nil && w.Channel == "" {
				c.restoreLater()
				return
			}
		}
		c.restoreAttributes()
	})
}

// attributesPushed reports a channel's new attributes.
func (c *Client) attributesPushed(list *wire.AttributeList) {
	ch := c.channels[list.Channel]
	if ch == nil || ch.state != Joined || list.Revision != 0 && list.Revision <= ch.attributes {
		return
	}
	ch.attributes = list.Revision
	ch.tell(func() { c.events.AttributesUpdated(ch, list.Attribute) })
}
