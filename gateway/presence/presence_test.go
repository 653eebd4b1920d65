package presence

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

const (
	query       = wire.PresenceRequest_QUERY
	subscribe   = wire.PresenceRequest_SUBSCRIBE
	unsubscribe = wire.PresenceRequest_UNSUBSCRIBE
)

// directory is a Directory in memory. Its feed is as exact as the real one: a change is told to
// those who followed the user before it.
type directory struct {
	states   map[User]Event
	revision uint64
	changed  func(Event)
	missed   func()
	followed map[User]bool
	lookUps  [][]User

	silent bool                // changes are not told
	during func(found []Event) // called before a look-up returns
	fail   func() (look, follow error)
}

func newDirectory() *directory {
	return &directory{states: map[User]Event{}, followed: map[User]bool{}, during: func([]Event) {}, fail: func() (error, error) { return nil, nil }}
}

func (d *directory) SetPresence(context.Context, User, string, State) error { return nil }

func (d *directory) LookUpPresence(_ context.Context, users []User) ([]Event, error) {
	d.lookUps = append(d.lookUps, users)
	if err, _ := d.fail(); err != nil {
		return nil, err
	}
	found := make([]Event, len(users))
	for i, user := range users {
		e, known := d.states[user]
		if !known {
			e = Event{User: user, Revision: d.revision}
		}
		found[i] = e
	}
	d.during(found)
	return found, nil
}

func (d *directory) FeedPresence(changed func(Event), missed func()) (Feed, error) {
	d.changed, d.missed = changed, missed
	return d, nil
}

func (d *directory) Follow(user User) error {
	if _, err := d.fail(); err != nil {
		return err
	}
	d.followed[user] = true
	return nil
}

func (d *directory) Unfollow(user User) { delete(d.followed, user) }

func (d *directory) Close() { clear(d.followed) }

// set changes a user's state; forget removes all that is known of a user, as after a while.
func (d *directory) set(uid string, state State) {
	d.revision++
	e := Event{user(uid), state, d.revision}
	d.states[e.User] = e
	if d.followed[e.User] && !d.silent {
		d.changed(e)
	}
}

func (d *directory) forget(uid string) {
	d.revision++
	delete(d.states, user(uid))
}

func user(uid string) User { return User{App: "app", ID: uid} }

// session notes what its client gets, in order.
type session struct {
	uid string
	got []string
}

func (s *session) User() User { return user(s.uid) }

func (s *session) Answer(_ uint32, f *wire.ServerFrame) { s.note("answer", f.Presence) }

func (s *session) AnswerBefore(request uint32, topic string, f *wire.ServerFrame) {
	if topic == "" || request == 0 {
		panic("no topic or request")
	}
	s.Answer(request, f)
}

func (s *session) PushLatest(frame []byte, topic string) {
	var f wire.ServerFrame
	if err := f.UnmarshalVT(frame); err != nil || topic != "presence "+f.Presence.Presence[0].Uid {
		panic("not a push")
	}
	s.note("push", f.Presence)
}

func (s *session) note(kind string, list *wire.PresenceList) {
	for _, p := range list.Presence {
		kind += fmt.Sprint(" ", p.Uid, " ", p.State)
	}
	s.got = append(s.got, kind)
}

// take returns what the client got since the last call.
func (s *session) take() (got []string) {
	got, s.got = s.got, nil
	return got
}

func newSubscriptions(t *testing.T) (*Subscriptions, *directory) {
	d := newDirectory()
	s, err := New(d)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s, d
}

// do does a request that is neither refused nor fails.
func do(t *testing.T, s *Subscriptions, session *session, mode wire.PresenceRequest_Mode, uids ...string) {
	t.Helper()
	refusal, err := s.Handle(t.Context(), session, 1, &wire.PresenceRequest{Mode: mode, Uid: uids})
	require.NoError(t, err)
	require.Nil(t, refusal)
}

func TestKnownAfter(t *testing.T) {
	const offline, unreachable, online = wire.Presence_OFFLINE, wire.Presence_UNREACHABLE, wire.Presence_ONLINE
	for name, c := range map[string]struct {
		known known
		event Event
		next  known
		news  bool
	}{
		"unknown becomes known":                     {known{}, Event{State: Offline}, known{offline, 0}, true},
		"a change":                                  {known{online, 5}, Event{State: Unreachable, Revision: 6}, known{unreachable, 6}, true},
		"the same again":                            {known{online, 5}, Event{State: Online, Revision: 5}, known{online, 5}, false},
		"an older one":                              {known{online, 5}, Event{State: Offline, Revision: 4}, known{online, 5}, false},
		"a newer revision of the same state":        {known{online, 5}, Event{State: Online, Revision: 7}, known{online, 7}, false},
		"not found by a later look-up":              {known{online, 5}, Event{State: Offline, Revision: 9}, known{offline, 9}, true},
		"found after it was not found":              {known{offline, 9}, Event{State: Online, Revision: 10}, known{online, 10}, true},
		"a change that the look-up already counted": {known{offline, 9}, Event{State: Online, Revision: 9}, known{offline, 9}, false},
	} {
		t.Run(name, func(t *testing.T) {
			next, news := c.known.after(c.event)
			assert.Equal(t, c.next, next)
			assert.Equal(t, c.news, news)
		})
	}
}

// A gateway hears only of users to whom a session here is subscribed, each of them once.
func TestOnlyWhoIsFollowedIsHeardOf(t *testing.T) {
	s, d := newSubscriptions(t)
	ada, eve := &session{uid: "ada"}, &session{uid: "eve"}
	d.set("bob", Online)
	do(t, s, ada, query, "bob", "carol")
	assert.Empty(t, d.followed)
	do(t, s, ada, subscribe, "bob", "carol")
	do(t, s, eve, subscribe, "bob")
	do(t, s, eve, query, "bob", "carol")
	assert.Equal(t, map[User]bool{user("bob"): true, user("carol"): true}, d.followed)
	assert.Equal(t, [][]User{{user("bob"), user("carol")}, {user("bob"), user("carol")}}, d.lookUps, "what is known is not looked up")
	d.set("bob", Unreachable)
	assert.Equal(t, []string{"answer bob ONLINE carol OFFLINE", "answer bob ONLINE carol OFFLINE", "push bob UNREACHABLE"}, ada.take())
	assert.Equal(t, []string{"answer bob ONLINE", "answer bob ONLINE carol OFFLINE", "push bob UNREACHABLE"}, eve.take())

	do(t, s, ada, unsubscribe, "bob", "never subscribed")
	d.set("bob", Offline)
	assert.Equal(t, []string{"answer"}, ada.take())
	assert.Equal(t, []string{"push bob OFFLINE"}, eve.take())
	s.Remove(eve)
	assert.Equal(t, map[User]bool{user("carol"): true}, d.followed)
	s.Remove(ada)
	s.Remove(ada)
	assert.Empty(t, d.followed)
	assert.Empty(t, s.users)
	assert.Empty(t, s.bySession)
}

// A change while a user is looked up for the first time is in the answer, and is not told ahead
// of it.
func TestChangeDuringALookUp(t *testing.T) {
	s, d := newSubscriptions(t)
	ada := &session{uid: "ada"}
	d.during = func([]Event) { d.set("bob", Online) }
	do(t, s, ada, subscribe, "bob")
	assert.Equal(t, []string{"answer bob ONLINE"}, ada.take())
}

// Of two who look a user up at the same time, the one who found the older state is told the
// newer one, though its change was never told.
func TestTwoLookUps(t *testing.T) {
	s, d := newSubscriptions(t)
	d.silent = true
	ada, eve := &session{uid: "ada"}, &session{uid: "eve"}
	d.during = func(found []Event) { // of ada
		d.during = func([]Event) {}
		d.set("bob", Online)
		do(t, s, eve, subscribe, "bob")
		d.set("bob", Unreachable)
		found[0] = Event{User: user("bob"), State: Unreachable, Revision: d.revision}
	}
	do(t, s, ada, subscribe, "bob")
	assert.Equal(t, []string{"answer bob ONLINE", "push bob UNREACHABLE"}, eve.take())
	assert.Equal(t, []string{"answer bob UNREACHABLE"}, ada.take())
}

// A query that began before somebody subscribed does not count as what is known: a change before
// the subscription would be missed.
func TestQueryDuringASubscription(t *testing.T) {
	s, d := newSubscriptions(t)
	ada, eve := &session{uid: "ada"}, &session{uid: "eve"}
	d.during = func([]Event) { // of ada's query
		d.during = func([]Event) {}
		d.set("bob", Online) // nobody follows bob yet
		do(t, s, eve, subscribe, "bob")
	}
	do(t, s, ada, query, "bob")
	do(t, s, ada, subscribe, "bob")
	assert.Equal(t, []string{"answer bob ONLINE", "answer bob ONLINE"}, ada.take())
	assert.Equal(t, []string{"answer bob ONLINE"}, eve.take())
}

// What was missed is looked up, until that succeeds.
func TestWhatWasMissedIsLookedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := newSubscriptions(t)
		ada := &session{uid: "ada"}
		d.set("bob", Online)
		d.set("carol", Online)
		do(t, s, ada, subscribe, "bob", "carol", "dave")
		ada.take()
		ctx, cancel := context.WithCancel(t.Context())
		failures := 0
		go s.Run(ctx, func(error) { failures++ })
		defer func() { cancel(); synctest.Wait() }()

		d.silent = true
		d.forget("bob")
		d.set("dave", Online)
		broken := 2
		d.fail = func() (error, error) {
			if broken--; broken >= 0 {
				return errors.New("no server"), nil
			}
			return nil, nil
		}
		d.missed()
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, 2, failures)
		assert.ElementsMatch(t, []string{"push bob OFFLINE", "push dave ONLINE"}, ada.take())
		s.apply(Event{user("bob"), Online, 1})
		assert.Empty(t, ada.take(), "older than the look-up")
	})
}

// A subscription that fails leaves nothing behind, and those who counted on its look-up are
// looked up again.
func TestFailedSubscription(t *testing.T) {
	s, d := newSubscriptions(t)
	ada := &session{uid: "ada"}
	do(t, s, ada, subscribe, "bob")
	ada.take()
	broken := errors.New("broken")
	for name, fail := range map[string]func() (error, error){
		"look-up": func() (error, error) { return broken, nil },
		"follow":  func() (error, error) { return nil, broken },
	} {
		t.Run(name, func(t *testing.T) {
			d.fail = fail
			_, err := s.Handle(t.Context(), ada, 1, &wire.PresenceRequest{Mode: subscribe, Uid: []string{"bob", "carol", "dave"}})
			require.ErrorIs(t, err, broken)
			assert.Empty(t, ada.take())
			assert.Equal(t, map[User]bool{user("bob"): true}, d.followed)
			assert.Len(t, s.users, 1)
			assert.Len(t, s.bySession[ada], 1)
			assert.Len(t, s.missed, 1)
		})
	}
}

func TestRefusals(t *testing.T) {
	s, d := newSubscriptions(t)
	ada := &session{uid: "ada"}
	uids := func(from, n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint("user", from+i))
		}
		return out
	}
	do(t, s, ada, subscribe, uids(0, 500)...)
	for name, c := range map[string]struct {
		mode   wire.PresenceRequest_Mode
		uids   []string
		reason wire.Refusal_Reason
	}{
		"nobody":                  {query, nil, wire.Refusal_BAD_REQUEST},
		"an unknown mode":         {7, []string{"bob"}, wire.Refusal_BAD_REQUEST},
		"no id":                   {subscribe, []string{"bob", "a*"}, wire.Refusal_INVALID_ID},
		"too many to ask about":   {query, uids(0, core.MaxQueriedPeers+1), wire.Refusal_LIMIT},
		"too many at once":        {subscribe, uids(0, core.MaxSubscribedPeers+1), wire.Refusal_LIMIT},
		"too many together":       {subscribe, uids(490, 23), wire.Refusal_LIMIT},
		"as many as there may be": {subscribe, uids(490, 22), wire.Refusal_UNKNOWN},
	} {
		t.Run(name, func(t *testing.T) {
			refusal, err := s.Handle(t.Context(), ada, 1, &wire.PresenceRequest{Mode: c.mode, Uid: c.uids})
			require.NoError(t, err)
			assert.Equal(t, c.reason, refusal.GetReason())
			if c.reason == wire.Refusal_UNKNOWN {
				s.remove(ada, uids(500, 12))
			}
			assert.Len(t, d.followed, 500)
		})
	}
}

// A client that is silent is published once as Unreachable, and as Online when it is heard of.
func TestActivity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewActivity(10 * time.Second)
		defer a.Stop()
		var published []State
		broken := 0
		set := func(state State) error {
			if broken--; broken >= 0 {
				return errors.New("no server")
			}
			published = append(published, state)
			return nil
		}
		publish := func() error {
			synctest.Wait()
			select {
			case <-a.Changed():
				return a.Publish(set)
			default:
				return nil
			}
		}
		time.Sleep(6 * time.Second)
		a.Touch()
		time.Sleep(6 * time.Second)
		require.NoError(t, publish())
		assert.Empty(t, published, "never silent for 10 s")
		time.Sleep(time.Minute)
		require.NoError(t, publish())
		require.NoError(t, a.Publish(set))
		assert.Equal(t, []State{Unreachable}, published)
		a.Touch()
		broken = 1
		require.Error(t, publish())
		require.NoError(t, publish(), "not at once")
		time.Sleep(time.Second)
		require.NoError(t, publish())
		assert.Equal(t, []State{Unreachable, Online}, published)
		time.Sleep(11 * time.Second)
		a.Touch() // before it was told
		require.NoError(t, publish())
		assert.Equal(t, []State{Unreachable, Online}, published, "nothing changed")
	})
}
