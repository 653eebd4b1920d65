package gateway

import (
	"context"
	"errors"
	"time"
)

// EngineCalls are the names that Meter.EngineCall gets.
var EngineCalls = []string{
	"claim", "lookup", "release", "kick", "ask_gateway", "reach", "enter", "exit", "publish", "recent", "keep", "kept",
	"read_attributes", "change_attributes",
}

// measured is an Engine whose calls are timed. What waits for a client, as AskPeer does,
// is not; nor are calls that only subscribe.
type measured struct {
	Engine
	meter Meter
}

// begin times a call; the function it returns ends that and passes the outcome on.
func (m measured) begin(name string) func(error) error {
	began := time.Now()
	return func(err error) error {
		outcome := err
		for _, answer := range []error{ErrTaken, ErrNoSession, ErrUserQuota, ErrAppQuota} { // no failures
			if errors.Is(err, answer) {
				outcome = nil
			}
		}
		m.meter.EngineCall(name, time.Since(began), outcome)
		return err
	}
}

// begun ends a call that failed before it had begun; else its end comes later.
func begun(end func(error) error, err error) error {
	if err == nil {
		return nil
	}
	return end(err)
}

func (m measured) Claim(ctx context.Context, user User, follow func(*Record) (Record, error)) (*Record, error) {
	end := m.begin("claim")
	former, err := m.Engine.Claim(ctx, user, follow)
	return former, end(err)
}

func (m measured) Lookup(ctx context.Context, user User) (Record, error) {
	end := m.begin("lookup")
	r, err := m.Engine.Lookup(ctx, user)
	return r, end(err)
}

func (m measured) Release(ctx context.Context, user User, session string) error {
	return m.begin("release")(m.Engine.Release(ctx, user, session))
}

func (m measured) Kick(ctx context.Context, gateway, session string) error {
	return m.begin("kick")(m.Engine.Kick(ctx, gateway, session))
}

func (m measured) AskGateway(ctx context.Context, gateway string, request []byte) ([]byte, error) {
	end := m.begin("ask_gateway")
	answer, err := m.Engine.AskGateway(ctx, gateway, request)
	return answer, end(err)
}

func (m measured) Reach(ctx context.Context, users []User) ([]Sighting, error) {
	end := m.begin("reach")
	s, err := m.Engine.Reach(ctx, users)
	return s, end(err)
}

func (m measured) Enter(ctx context.Context, member Member) (uint64, error) {
	end := m.begin("enter")
	revision, err := m.Engine.Enter(ctx, member)
	return revision, end(err)
}

func (m measured) Exit(ctx context.Context, member Member) error {
	return m.begin("exit")(m.Engine.Exit(ctx, member))
}

func (m measured) PublishRoom(room Room, frame []byte, done func(error)) error {
	end := m.begin("publish")
	return begun(end, m.Engine.PublishRoom(room, frame, func(err error) { done(end(err)) }))
}

func (m measured) RecentRoom(ctx context.Context, room Room, since time.Time) ([][]byte, error) {
	end := m.begin("recent")
	frames, err := m.Engine.RecentRoom(ctx, room, since)
	return frames, end(err)
}

func (m measured) Keep(user User, from string, frame []byte, done func(error)) error {
	end := m.begin("keep")
	return begun(end, m.Engine.Keep(user, from, frame, func(err error) { done(end(err)) }))
}

func (m measured) Kept(ctx context.Context, user User, after uint64, most int) ([]Mail, error) {
	end := m.begin("kept")
	mail, err := m.Engine.Kept(ctx, user, after, most)
	return mail, end(err)
}

func (m measured) UserAttributes(ctx context.Context, user User) ([]byte, error) {
	end := m.begin("read_attributes")
	b, err := m.Engine.UserAttributes(ctx, user)
	return b, end(err)
}

func (m measured) ChannelAttributes(ctx context.Context, room Room) ([]byte, error) {
	end := m.begin("read_attributes")
	b, err := m.Engine.ChannelAttributes(ctx, room)
	return b, end(err)
}

func (m measured) ChangeUserAttributes(ctx context.Context, user User, record Record, change func([]byte) ([]byte, error)) (err error) {
	m.change(change, func(change func([]byte) ([]byte, error)) error {
		err = m.Engine.ChangeUserAttributes(ctx, user, record, change)
		return err
	})
	return err
}

func (m measured) ChangeChannelAttributes(ctx context.Context, room Room, change func([]byte) ([]byte, error)) (revision uint64, err error) {
	m.change(change, func(change func([]byte) ([]byte, error)) error {
		revision, err = m.Engine.ChangeChannelAttributes(ctx, room, change)
		return err
	})
	return revision, err
}

// change times a call; that the change itself was refused is no failure of the engine.
func (m measured) change(change func([]byte) ([]byte, error), call func(func([]byte) ([]byte, error)) error) {
	end := m.begin("change_attributes")
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
