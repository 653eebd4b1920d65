package session

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
)

// errRefused stops a change of attributes that exceeds a limit.
var errRefused = errors.New("session: refused")

func (s *session) doWrite(id uint32, w *wire.AttributeWrite) {
	var err error
	var refusal *wire.Refusal
	if w.Channel == "" {
		refusal, err = s.writeUser(id, w)
	} else {
		refusal, err = WriteChannelAttributes(s.context(id), s.sessions.engine, s.user, w)
	}
	switch {
	case refusal != nil:
		s.refuse(id, refusal)
	case err != nil:
		s.unavailable(id, err)
	default:
		s.Answer(id, &wire.ServerFrame{Done: &wire.Done{}})
	}
}

func (s *session) writeUser(id uint32, w *wire.AttributeWrite) (refusal *wire.Refusal, err error) {
	if refusal := checkWrite(w); refusal != nil {
		return refusal, nil
	}
	err = s.sessions.engine.ChangeUserAttributes(s.context(id), s.user, s.record(), func(former []byte) (value []byte, err error) {
		_, value, refusal, err = rewrite(former, w, stamp{}, core.MaxUserAttributesBytes)
		return value, err
	})
	return refusal, err
}

// ChannelAttributes is the part of an Engine that changes attributes of channels.
type ChannelAttributes interface {
	ChangeChannelAttributes(ctx context.Context, id channel.ID, change func([]byte) ([]byte, error)) (revision uint64, err error)
	PublishChannel(id channel.ID, frame []byte, done func(error)) error
}

// WriteChannelAttributes changes the attributes of a channel. The writer need not be logged in. If
// it returns a refusal, nothing was changed.
func WriteChannelAttributes(ctx context.Context, engine ChannelAttributes, writer User, w *wire.AttributeWrite) (refusal *wire.Refusal, err error) {
	if refusal := checkWrite(w); refusal != nil {
		return refusal, nil
	}
	var list *wire.AttributeList
	id := channel.ID{App: writer.App, Channel: w.Channel}
	revision, err := engine.ChangeChannelAttributes(ctx, id, func(former []byte) (value []byte, err error) {
		list, value, refusal, err = rewrite(former, w, stamp{writer.ID, time.Now()}, core.MaxChannelAttributesBytes)
		return value, err
	})
	switch {
	case refusal != nil:
		return refusal, nil
	case err != nil || !w.Notify:
		return nil, err
	}
	list.Channel = w.Channel
	return nil, engine.PublishChannel(id, wire.Marshal(&wire.ServerFrame{Seq: revision, Attributes: list}), func(error) {})
}

// rewrite applies a write to a stored value, which is a marshalled AttributeList.
func rewrite(former []byte, w *wire.AttributeWrite, by stamp, maxBytes int) (*wire.AttributeList, []byte, *wire.Refusal, error) {
	var list wire.AttributeList
	if err := list.UnmarshalVT(former); err != nil {
		return nil, nil, nil, fmt.Errorf("session: decode the stored attributes: %w", err)
	}
	list.Attribute = changeAttributes(list.Attribute, w, by)
	if refusal := checkAttributes(list.Attribute, maxBytes); refusal != nil {
		return nil, nil, refusal, errRefused
	}
	value, err := list.MarshalVT()
	return &list, value, nil, err
}

// doRead does not remember the answer, because it may be large. A repeated read is done again.
func (s *session) doRead(id uint32, r *wire.AttributeRead) {
	if refusal := checkRead(r); refusal != nil {
		s.refuse(id, refusal)
		return
	}
	var value []byte
	var err error
	if r.Uid != "" {
		value, err = s.sessions.engine.UserAttributes(s.context(id), User{App: s.user.App, ID: r.Uid})
	} else {
		value, err = s.sessions.engine.ChannelAttributes(s.context(id), channel.ID{App: s.user.App, Channel: r.Channel})
	}
	var list wire.AttributeList
	if err == nil {
		err = list.UnmarshalVT(value)
	}
	switch {
	case errors.Is(err, ErrNoSession):
		s.refuse(id, newRefusal(wire.Refusal_NOT_FOUND, "the user is not online"))
	case err != nil:
		s.unavailable(id, err)
	default:
		list.Attribute = chosen(list.Attribute, r.Key)
		s.Answer(id, &wire.ServerFrame{Attributes: &list})
	}
}

func checkRead(r *wire.AttributeRead) *wire.Refusal {
	switch {
	case (r.Uid == "") == (r.Channel == ""):
		return newRefusal(wire.Refusal_BAD_REQUEST, "exactly one of uid and channel must be set")
	case !core.ValidID(r.Uid + r.Channel):
		return newRefusal(wire.Refusal_INVALID_ID, "uid or channel: "+idRule)
	case len(r.Key) > core.MaxAttributes:
		return newRefusal(wire.Refusal_BAD_REQUEST, "at most 32 keys may be requested")
	}
	return nil
}

// checkWrite checks a write by itself. changeAttributes and checkAttributes check its result.
func checkWrite(w *wire.AttributeWrite) *wire.Refusal {
	switch {
	case w.Channel != "" && !core.ValidID(w.Channel):
		return newRefusal(wire.Refusal_INVALID_ID, "channel: "+idRule)
	case w.Op < wire.AttributeWrite_SET || w.Op > wire.AttributeWrite_CLEAR:
		return newRefusal(wire.Refusal_BAD_REQUEST, "op must be SET, UPDATE, DELETE or CLEAR")
	case w.Op == wire.AttributeWrite_CLEAR:
		return nil
	case len(w.Attribute) == 0:
		return newRefusal(wire.Refusal_BAD_REQUEST, "at least one attribute must be given")
	}
	for _, a := range w.Attribute {
		if refusal := checkAttribute(a, w.Op == wire.AttributeWrite_DELETE); refusal != nil {
			return refusal
		}
	}
	return nil
}

func checkAttribute(a *wire.Attribute, keyOnly bool) *wire.Refusal {
	switch {
	case a.Key == "" || !utf8.ValidString(a.Key):
		return badKey
	case keyOnly: // a key that is too long matches nothing
		return nil
	case len(a.Key) > core.MaxAttributeKeyBytes:
		return badKey
	case len(a.Value) > core.MaxAttributeValueBytes:
		return newRefusal(wire.Refusal_TOO_LARGE, "the value of an attribute may have at most 8192 bytes")
	case a.Value == "" || !utf8.ValidString(a.Value):
		return newRefusal(wire.Refusal_BAD_REQUEST, "the value of an attribute must be text, and not empty")
	}
	return nil
}

var badKey = newRefusal(wire.Refusal_BAD_REQUEST, "the key of an attribute has 1 to 32 bytes of text")

// stamp is who writes and when. Channel attributes show it. For user attributes it is zero.
type stamp struct {
	writer string
	at     time.Time
}

// changeAttributes returns the attributes after a write that passed checkWrite. Attributes keep
// their order, and new ones come last. If a key is given twice, the later value counts.
func changeAttributes(former []*wire.Attribute, w *wire.AttributeWrite, by stamp) []*wire.Attribute {
	given := make(map[string]*wire.Attribute, len(w.Attribute))
	for _, a := range w.Attribute {
		set := &wire.Attribute{Key: a.Key, Value: a.Value, Writer: by.writer}
		if !by.at.IsZero() {
			set.WrittenMs = by.at.UnixMilli()
		}
		given[a.Key] = set
	}
	var out []*wire.Attribute
	for _, a := range former {
		set := given[a.Key]
		switch {
		case w.Op == wire.AttributeWrite_UPDATE && set != nil:
			out = append(out, set)
			delete(given, a.Key)
		case w.Op == wire.AttributeWrite_UPDATE, w.Op == wire.AttributeWrite_DELETE && set == nil:
			out = append(out, a)
		}
	}
	if w.Op == wire.AttributeWrite_SET || w.Op == wire.AttributeWrite_UPDATE {
		for _, a := range w.Attribute {
			if set := given[a.Key]; set != nil {
				out = append(out, set)
				delete(given, a.Key)
			}
		}
	}
	return out
}

// checkAttributes checks all attributes of a user or channel against the limits.
func checkAttributes(list []*wire.Attribute, maxBytes int) *wire.Refusal {
	total := 0
	for _, a := range list {
		total += len(a.Key) + len(a.Value)
	}
	switch {
	case len(list) > core.MaxAttributes:
		return newRefusal(wire.Refusal_LIMIT, "a user or channel may have at most 32 attributes")
	case total > maxBytes:
		return newRefusal(wire.Refusal_TOO_LARGE, "all attributes together may have at most 16384 bytes for a user, and 32768 for a channel")
	}
	return nil
}

// chosen returns the attributes with these keys, or all if keys is empty.
func chosen(list []*wire.Attribute, keys []string) []*wire.Attribute {
	if len(keys) == 0 {
		return list
	}
	wanted := make(map[string]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	var out []*wire.Attribute
	for _, a := range list {
		if wanted[a.Key] {
			out = append(out, a)
		}
	}
	return out
}
