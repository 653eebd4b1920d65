package main

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/native"
)

// fleet is all users.
type fleet struct {
	*plan
	report *report
	users  []*user

	peersCame, roomsCame atomic.Int64
	interrupted, back    atomic.Int64 // how often a connection broke, and how often one was restored
	toldFull             atomic.Int64 // how often a member got the full member count of a channel
}

// user is one session. Its events run inside host.Do.
type user struct {
	native.NoEvents
	fleet  *fleet
	host   *native.Host
	client *core.Client
	uid    string
	broke  time.Time // when the connection broke; zero while the user is connected
}

// newFleet distributes the users over several hosts, because a host runs one call at a time.
// Each host has its own connections for media.
func newFleet(p *plan, r *report) *fleet {
	f := &fleet{plan: p, report: r}
	hosts := make([]*native.Host, min(p.sessions, 8*runtime.GOMAXPROCS(0)))
	for i := range hosts {
		hosts[i] = native.NewHost()
	}
	for i := range p.sessions {
		u := &user{fleet: f, host: hosts[i%len(hosts)], uid: fmt.Sprint(p.prefix, "-", i)}
		u.client = core.New(p.app, p.gateway, u.host, u)
		f.users = append(f.users, u)
	}
	return f
}

// each runs do for all users and waits until all have returned. It starts them at even
// intervals, over the given time.
func (f *fleet) each(ctx context.Context, over time.Duration, do func(u *user, due time.Time)) {
	var all sync.WaitGroup
	begun := time.Now()
	for i, u := range f.users {
		due := begun.Add(over * time.Duration(i) / time.Duration(len(f.users)))
		if !waitUntil(ctx, due) {
			break
		}
		all.Go(func() { do(u, due) })
	}
	all.Wait()
}

// login logs all users in. It fails if one of them fails, because the figures of a smaller load
// would mislead.
func (f *fleet) login(ctx context.Context) error {
	var first atomic.Pointer[error]
	f.each(ctx, f.ramp, func(u *user, due time.Time) {
		token, err := f.token(u.uid)
		if err == nil {
			err = native.Done(ctx, u.host, func(done func(*core.Error)) { u.client.Login(u.uid, token, done) })
		}
		f.report.done(login, due, err)
		if err != nil {
			first.CompareAndSwap(nil, &err)
		}
	})
	if err := first.Load(); err != nil {
		return fmt.Errorf("not all users could log in: %s", strings.TrimSpace((*err).Error()))
	}
	return ctx.Err()
}

func (f *fleet) logout() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	f.each(ctx, 0, func(u *user, _ time.Time) {
		_ = native.Done(ctx, u.host, u.client.Logout) // fails if the user is not logged in
	})
}

// StateChanged implements core.Events. It measures how long clients take to connect again, for
// example after a gateway was killed or replaced under load.
func (u *user) StateChanged(s core.State, r core.Reason) {
	switch {
	case s == core.Reconnecting:
		u.broke = time.Now()
		u.fleet.interrupted.Add(1)
	case s == core.Connected && !u.broke.IsZero():
		u.fleet.report.done(back, u.broke, nil)
		u.fleet.back.Add(1)
		u.broke = time.Time{}
	case (s == core.Disconnected || s == core.Aborted) && r != core.ReasonLogout && r != core.ReasonLoginFailure && r != core.ReasonLoginTimeout:
		u.fleet.report.done(back, time.Now(), fmt.Errorf("the session ended: %s", r))
	}
}

// PeerMessage implements core.Events.
func (u *user) PeerMessage(d *wire.Delivery) { u.arrived(peerCame, &u.fleet.peersCame, d) }

// ChannelMessage implements core.Events.
func (u *user) ChannelMessage(_ *core.Channel, d *wire.Delivery) {
	u.arrived(roomCame, &u.fleet.roomsCame, d)
}

// MemberCount implements core.Events.
func (u *user) MemberCount(_ *core.Channel, n int) {
	if n == u.fleet.members {
		u.fleet.toldFull.Add(1)
	}
}

func (u *user) arrived(kind string, count *atomic.Int64, d *wire.Delivery) {
	if due, ok := dueOf(d.Message.Text); ok {
		u.fleet.report.done(kind, due, nil)
		count.Add(1) // last: the report is printed once all messages are counted
	}
}

// waitUntil waits until t. It returns false if ctx ends first.
func waitUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
