package gateway

import (
	"context"
	"errors"
	"time"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

// Meter counts what a Server does. Its methods are called by many goroutines and must not block.
// Package metrics has one for Prometheus.
type Meter interface {
	media.Meter
	session.Meter

	// OriginRefused is called when a page was refused because of its origin.
	OriginRefused()

	// EngineCall is called after a call of the engine; err is its outcome.
	EngineCall(name string, took time.Duration, err error)
}

type noMeter struct{}

func (noMeter) TransferBegan(media.Direction)                      {}
func (noMeter) TransferEnded(media.Direction, media.Result, int64) {}
func (noMeter) Sessions(int)                                       {}
func (noMeter) Resumed()                                           {}
func (noMeter) LoginRefused(string)                                {}
func (noMeter) OriginRefused()                                     {}
func (noMeter) SocketClosed(int)                                   {}
func (noMeter) FrameIn(int)                                        {}
func (noMeter) FrameOut(int)                                       {}
func (noMeter) TooOften()                                          {}
func (noMeter) EngineCall(string, time.Duration, error)            {}

// EngineCalls are the names that Meter.EngineCall gets.
var EngineCalls = []string{
	"claim", "lookup", "release", "evict", "look_up_presence", "enter", "leave", "members", "count_members", "publish", "recent", "append_mail", "read_mail",
	"read_attributes", "change_attributes",
}

// instrumentedEngine is a session.Engine that measures its calls. It does not measure calls that
// wait for a client, such as SendToPeer, and calls that only subscribe.
type instrumentedEngine struct {
	session.Engine
	meter Meter
}

// start starts the measurement of a call. The returned function ends it, and returns its argument.
func (m instrumentedEngine) start(name string) func(error) error {
	began := time.Now()
	return func(err error) error {
		outcome := err
		for _, answer := range []error{session.ErrTaken, session.ErrNoSession, mailbox.ErrUserQuota, mailbox.ErrAppQuota} { // these are answers, not failures
			if errors.Is(err, answer) {
				outcome = nil
			}
		}
		m.meter.EngineCall(name, time.Since(began), outcome)
		return err
	}
}

// endIfFailed ends the measurement of a call that failed at once. Otherwise it ends when done is
// called.
func endIfFailed(end func(error) error, err error) error {
	if err == nil {
		return nil
	}
	return end(err)
}

func (m instrumentedEngine) Claim(ctx context.Context, user id.User, next func(*session.Record) (session.Record, error)) (*session.Record, error) {
	end := m.start("claim")
	former, err := m.Engine.Claim(ctx, user, next)
	return former, end(err)
}

func (m instrumentedEngine) Lookup(ctx context.Context, user id.User) (session.Record, error) {
	end := m.start("lookup")
	r, err := m.Engine.Lookup(ctx, user)
	return r, end(err)
}

func (m instrumentedEngine) Release(ctx context.Context, user id.User, record session.Record) (*session.Record, error) {
	end := m.start("release")
	instead, err := m.Engine.Release(ctx, user, record)
	return instead, end(err)
}

func (m instrumentedEngine) Evict(ctx context.Context, gateway string, e session.Eviction) error {
	return m.start("evict")(m.Engine.Evict(ctx, gateway, e))
}

func (m instrumentedEngine) LookUpPresence(ctx context.Context, users []id.User) ([]presence.Event, error) {
	end := m.start("look_up_presence")
	events, err := m.Engine.LookUpPresence(ctx, users)
	return events, end(err)
}

func (m instrumentedEngine) Enter(ctx context.Context, member channel.Member) (uint64, error) {
	end := m.start("enter")
	revision, err := m.Engine.Enter(ctx, member)
	return revision, end(err)
}

func (m instrumentedEngine) Leave(ctx context.Context, member channel.Member) error {
	return m.start("leave")(m.Engine.Leave(ctx, member))
}

func (m instrumentedEngine) Members(ctx context.Context, id channel.ID, atLeast uint64) (channel.Snapshot, error) {
	end := m.start("members")
	s, err := m.Engine.Members(ctx, id, atLeast)
	return s, end(err)
}

func (m instrumentedEngine) CountMembers(ctx context.Context, id channel.ID) (int, error) {
	end := m.start("count_members")
	n, err := m.Engine.CountMembers(ctx, id)
	return n, end(err)
}

func (m instrumentedEngine) PublishChannel(id channel.ID, frame []byte, done func(error)) error {
	end := m.start("publish")
	return endIfFailed(end, m.Engine.PublishChannel(id, frame, func(err error) { done(end(err)) }))
}

func (m instrumentedEngine) RecentFrames(ctx context.Context, id channel.ID, since time.Time) ([][]byte, error) {
	end := m.start("recent")
	frames, err := m.Engine.RecentFrames(ctx, id, since)
	return frames, end(err)
}

func (m instrumentedEngine) AppendMail(user id.User, from string, frame []byte, done func(error)) error {
	end := m.start("append_mail")
	return endIfFailed(end, m.Engine.AppendMail(user, from, frame, func(err error) { done(end(err)) }))
}

func (m instrumentedEngine) ReadMail(ctx context.Context, user id.User, after uint64, most int) ([]mailbox.Mail, error) {
	end := m.start("read_mail")
	mail, err := m.Engine.ReadMail(ctx, user, after, most)
	return mail, end(err)
}

func (m instrumentedEngine) UserAttributes(ctx context.Context, user id.User) ([]byte, error) {
	end := m.start("read_attributes")
	b, err := m.Engine.UserAttributes(ctx, user)
	return b, end(err)
}

func (m instrumentedEngine) ChannelAttributes(ctx context.Context, id channel.ID) ([]byte, error) {
	end := m.start("read_attributes")
	b, err := m.Engine.ChannelAttributes(ctx, id)
	return b, end(err)
}

func (m instrumentedEngine) ChangeUserAttributes(ctx context.Context, user id.User, record session.Record, change func([]byte) ([]byte, error)) (err error) {
	m.change(change, func(change func([]byte) ([]byte, error)) error {
		err = m.Engine.ChangeUserAttributes(ctx, user, record, change)
		return err
	})
	return err
}

func (m instrumentedEngine) ChangeChannelAttributes(ctx context.Context, id channel.ID, change func([]byte) ([]byte, error)) (revision uint64, err error) {
	m.change(change, func(change func([]byte) ([]byte, error)) error {
		revision, err = m.Engine.ChangeChannelAttributes(ctx, id, change)
		return err
	})
	return revision, err
}

// change measures a call. If the change function itself refused, the engine did not fail.
func (m instrumentedEngine) change(change func([]byte) ([]byte, error), call func(func([]byte) ([]byte, error)) error) {
	end := m.start("change_attributes")
	var refused error
	err := call(func(old []byte) (changed []byte, err error) {
		changed, refused = change(old)
		return changed, refused
	})
	if refused != nil {
		err = nil
	}
	_ = end(err)
}
