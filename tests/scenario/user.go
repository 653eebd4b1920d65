package scenario

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/native"
)

// user is a client behind a bad network of its own, and what it saw.
type user struct {
	*core.Client
	uid   string
	host  *native.Host
	hall  *core.Channel
	began time.Time

	mu       sync.Mutex // guards the rest
	loggedIn bool
	gaps     int              // how often the connection was lost
	wrong    []string         // what must not be
	log      []string         // the client's own, and its states
	peer     map[string][]int // numbers of the messages received, by sender
	channel  map[string][]int
	news     chan struct{} // closed and replaced when any of this or the client's state changed
}

// hallID is the channel that all users are in.
const hallID = "hall"

func newUser(app, uid, gateway string) *user {
	u := &user{
		uid:     uid,
		host:    native.NewHost(),
		peer:    map[string][]int{},
		channel: map[string][]int{},
		began:   time.Now(),
		news:    make(chan struct{}),
	}
	u.Client = core.New(app, "http://"+gateway, u.host, u)
	return u
}

// call starts a method of the client and waits for its outcome.
func call[T any](ctx context.Context, u *user, start func(done func(T))) (out T, err error) {
	outcome := make(chan T, 1)
	u.host.Do(func() { start(func(v T) { outcome <- v }) })
	select {
	case out = <-outcome:
		return out, nil
	case <-ctx.Done():
		return out, context.Cause(ctx)
	}
}

// enter logs in and joins the hall. A login does not survive the loss of its
// connection, and a join may time out: both are tried until they succeed.
func (u *user) enter(ctx context.Context) error {
	err := u.insist(ctx, "login", func(done func(*core.Error)) { u.Login(u.uid, "", done) })
	if err != nil {
		return err
	}
	u.mu.Lock()
	u.loggedIn = true
	u.mu.Unlock()
	u.hall = u.Channel(hallID)
	return u.insist(ctx, "join", u.hall.Join)
}

func (u *user) insist(ctx context.Context, what string, start func(done func(*core.Error))) error {
	for {
		failed, err := call(ctx, u, start)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", what, u.uid, err)
		}
		if failed == nil {
			return nil
		}
		select {
		case <-time.After(core.LoginInterval):
		case <-ctx.Done():
			return fmt.Errorf("%s of %s: %w, after %w", what, u.uid, context.Cause(ctx), failed)
		}
	}
}

// leave ends the session without waiting for the gateway.
func (u *user) leave() {
	u.host.Do(func() { _ = u.LogoutNow() })
	u.host.CloseIdle()
}

// received is a copy of the numbers that came from a sender.
func (u *user) received(by map[string][]int, sender string) []int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]int(nil), by[sender]...)
}

// await waits until something is as wanted.
func (u *user) await(ctx context.Context, what string, wanted func() bool) error {
	for {
		u.mu.Lock()
		news := u.news
		u.mu.Unlock()
		if wanted() {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("%s waits for %s: %w", u.uid, what, context.Cause(ctx))
		}
	}
}

// change changes what mu guards, and wakes those who wait for it.
func (u *user) change(f func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f()
	close(u.news)
	u.news = make(chan struct{})
}

func (u *user) note(by map[string][]int, d *wire.Delivery) {
	u.change(func() {
		var n int
		if _, err := fmt.Sscanf(d.Message.Text, messageText, &n); err != nil {
			u.wrong = append(u.wrong, "a message nobody sent: "+d.Message.Text)
			return
		}
		by[d.From] = append(by[d.From], n)
	})
}

// StateChanged implements core.Events.
func (u *user) StateChanged(s core.State, r core.Reason) {
	u.change(func() {
		u.logLocked(fmt.Sprintf("%s %s", s, r))
		switch {
		case !u.loggedIn || r == core.ReasonLogout || s == core.Connected:
		case s == core.Reconnecting:
			u.gaps++
		default:
			u.wrong = append(u.wrong, fmt.Sprintf("state %s, %s", s, r))
		}
	})
}

// PeerMessage implements core.Events.
func (u *user) PeerMessage(d *wire.Delivery) { u.note(u.peer, d) }

// ChannelMessage implements core.Events.
func (u *user) ChannelMessage(_ *core.Channel, d *wire.Delivery) { u.note(u.channel, d) }

// MemberJoined implements core.Events.
func (*user) MemberJoined(*core.Channel, string) {}

// MemberLeft implements core.Events.
func (*user) MemberLeft(*core.Channel, string) {}

// MemberCount implements core.Events.
func (*user) MemberCount(*core.Channel, int) {}

// AttributesUpdated implements core.Events.
func (*user) AttributesUpdated(*core.Channel, []*core.Attribute) {}

// PeersChanged implements core.Events.
func (*user) PeersChanged(core.PresenceList) {}

// JoinStateChanged implements core.Events.
func (*user) JoinStateChanged(*core.Channel, core.JoinState) {}

// InvitationReceived implements core.Events.
func (*user) InvitationReceived(*core.Invitation) {}

// InvitationChanged implements core.Events.
func (*user) InvitationChanged(*core.Invitation, core.InvitationState, string) {}

// Token implements core.Events.
func (*user) Token(core.TokenEvent) {}

// Log implements core.Events.
func (u *user) Log(_ core.LogLevel, text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.logLocked(text)
}

func (u *user) logLocked(text string) {
	u.log = append(u.log, fmt.Sprintf("%8.3fs %s: %s", time.Since(u.began).Seconds(), u.uid, text))
}

var errTooLong = errors.New("it took too long")
