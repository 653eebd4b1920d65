package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
)

// errRefused ends a change of attributes that goes over a limit.
var errRefused = errors.New("gateway: refused")

func (s *session) doWrite(id uint32, w *wire.AttributeWrite) {
	if refusal := checkWrite(w); refusal != nil {
		s.refuse(id, refusal)
		return
	}
	var err error
	var refusal *wire.Refusal
	if w.Channel == "" {
		refusal, err = s.writeUser(id, w)
	} else {
		refusal, err = s.writeChannel(id, w, time.Now())
	}
	switch {
	case refusal != nil:
		s.refuse(id, refusal)
	case err != nil:
		s.unavailable(id, err)
	default:
		s.answer(id, &wire.ServerFrame{Done: &wire.Done{}})
	}
}

func (s *session) writeUser(id uint32, w *wire.AttributeWrite) (refusal *wire.Refusal, err error) {
	record := s.record()
	err = s.server.engine.ChangeUserAttributes(s.traces.in(context.Background(), id), s.user, record, func(former []byte) (value []byte, err error) {
		_, value, refusal, err = rewrite(former, w, stamp{}, core.MaxUserAttributesBytes)
		return value, err
	})
	return refusal, err
}

func (s *session) writeChannel(id uint32, w *wire.AttributeWrite, now time.Time) (refusal *wire.Refusal, err error) {
	return writeChannel(s.traces.in(context.Background(), id), s.server.engine, s.user, w, now)
}

// ChannelAttributes is what of an Engine a change of a channel's attributes takes.
type ChannelAttributes interface {
	ChangeChannelAttributes(ctx context.Context, id channel.ID, change func([]byte) ([]byte, error)) (revision uint64, err error)
	PublishChannel(id channel.ID, frame []byte, done func(error)) error
}

// WriteChannelAttributes changes the attributes of a channel in the name of a user, who need not be
// logged in. The refusal says what is wrong with the write; then nothing was changed.
func WriteChannelAttributes(ctx context.Context, engine ChannelAttributes, writer User, w *wire.AttributeWrite) (refusal *wire.Refusal, err error) {
	if refusal := checkWrite(w); refusal != nil {
		return refusal, nil
	}
	refusal, err = writeChannel(ctx, engine, writer, w, time.Now())
	if refusal != nil {
		return refusal, nil
	}
	return nil, err
}

func writeChannel(ctx context.Context, engine ChannelAttributes, writer User, w *wire.AttributeWrite, now time.Time) (refusal *wire.Refusal, err error) {
	var list *wire.AttributeList
	id := channel.ID{App: writer.App, Channel: w.Channel}
	revision, err := engine.ChangeChannelAttributes(ctx, id, func(former []byte) (value []byte, err error) {
		list, value, refusal, err = rewrite(former, w, stamp{writer.ID, now}, core.MaxChannelAttributesBytes)
		return value, err
	})
	if err != nil || !w.Notify {
		return refusal, err
	}
	list.Channel = w.Channel
	return nil, engine.PublishChannel(id, wire.Marshal(&wire.ServerFrame{Seq: revision, Attributes: list}), func(error) {})
}

// rewrite applies a write to what the engine keeps: a marshalled AttributeList.
func rewrite(former []byte, w *wire.AttributeWrite, by stamp, maxBytes int) (*wire.AttributeList, []byte, *wire.Refusal, error) {
	var list wire.AttributeList
	if err := list.UnmarshalVT(former); err != nil {
		return nil, nil, nil, fmt.Errorf("gateway: attributes as kept: %w", err)
	}
	list.Attribute = changeAttributes(list.Attribute, w, by)
	if refusal := checkAttributes(list.Attribute, maxBytes); refusal != nil {
		return nil, nil, refusal, errRefused
	}
	value, err := list.MarshalVT()
	return &list, value, nil, err
}

// doRead answers without remembering the answer, which may be large: a read that is
// repeated is done again.
func (s *session) doRead(id uint32, r *wire.AttributeRead) {
	if refusal := checkRead(r); refusal != nil {
		s.refuse(id, refusal)
		return
	}
	var value []byte
	var err error
	if r.Uid != "" {
		value, err = s.server.engine.UserAttributes(s.traces.in(context.Background(), id), User{App: s.user.App, ID: r.Uid})
	} else {
		value, err = s.server.engine.ChannelAttributes(s.traces.in(context.Background(), id), channel.ID{App: s.user.App, Channel: r.Channel})
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
		s.answer(id, &wire.ServerFrame{Attributes: &list})
	}
}

func checkRead(r *wire.AttributeRead) *wire.Refusal {
	switch {
	case (r.Uid == "") == (r.Channel == ""):
		return newRefusal(wire.Refusal_BAD_REQUEST, "exactly one of uid and channel must be set")
	case !core.ValidID(r.Uid + r.Channel):
		return newRefusal(wire.Refusal_INVALID_ID, "uid or channel: "+idRule)
	case len(r.Key) > core.MaxAttributes:
		return newRefusal(wire.Refusal_BAD_REQUEST, "32 keys may be asked for")
	}
	return nil
}
