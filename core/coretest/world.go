package coretest

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// eventTimeout is how long a test waits for an event that must come.
const eventTimeout = 3 * time.Minute

// world has the transport, the app and the users of one test of the suite.
type world struct {
	gateway   string
	transport Transport
	app       string // random, so that tests do not affect each other
}

func (w *world) appID() string {
	if w.app == "" {
		w.app = randomHex(16)
	}
	return w.app
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// user is a client, with all events that it got.
type user struct {
	*core.Client
	w   *world
	uid string

	mu     sync.Mutex // guards events
	events []event
	news   chan struct{}
}

// event is one call of core.Events, flattened for comparing.
type event struct {
	Name    string
	Channel string
	Who     string // uid, or state
	What    string // reason, or message text
	Count   int
	Message *wire.Delivery
	Call    *core.Invitation
}

// user makes a client that is logged out.
func (w *world) user(uid string) *user {
	u := &user{w: w, uid: uid, news: make(chan struct{}, 1)}
	u.Client = core.New(w.appID(), w.gateway, w.transport, u)
	return u
}

// login makes a client that is logged in, and logs it out when the test is over.
func (w *world) login(t *testing.T, uid string) *user {
	t.Helper()
	u := w.user(uid)
	require.Nil(t, u.login())
	t.Cleanup(u.logout)
	return u
}

func (u *user) login() *core.Error {
	return wait(u, func(done func(*core.Error)) { u.Login(u.uid, "", done) })
}

func (u *user) logout() {
	wait(u, func(done func(*core.Error)) { u.Logout(done) })
}

// wait starts an operation and returns the value with which it calls done.
func wait[T any](u *user, start func(done func(T))) T {
	out := make(chan T, 1)
	u.w.transport.Do(func() { start(func(v T) { out <- v }) })
	select {
	case v := <-out:
		return v
	case <-time.After(eventTimeout):
		panic("nothing came of a call of " + u.uid)
	}
}

func (u *user) sendPeer(peer string, m *core.Message) (received bool, err *core.Error) {
	type outcome struct {
		received bool
		err      *core.Error
	}
	o := wait(u, func(done func(outcome)) {
		u.SendToPeer(peer, &core.Outgoing{Message: m}, false, func(received bool, err *core.Error) { done(outcome{received, err}) })
	})
	return o.received, o.err
}

func (u *user) join(t *testing.T, id string) *core.Channel {
	t.Helper()
	ch := u.Channel(id)
	require.Nil(t, wait(u, ch.Join))
	return ch
}

func (u *user) send(ch *core.Channel, m *core.Message) *core.Error {
	return wait(u, func(done func(*core.Error)) { ch.Send(&core.Outgoing{Message: m}, done) })
}

func text(s string) *core.Message { return &core.Message{Type: wire.Message_TEXT, Text: s} }

// await waits for an event that fits, and returns it. Events that came before count, too.
func (u *user) await(t *testing.T, what string, fits func(event) bool) event {
	t.Helper()
	deadline := time.After(eventTimeout)
	for {
		for _, e := range u.happened() {
			if fits(e) {
				return e
			}
		}
		select {
		case <-u.news:
		case <-deadline:
			require.Failf(t, "nothing came", "%s waited for %s; had %+v", u.uid, what, u.happened())
		}
	}
}

func (u *user) awaitText(t *testing.T, s string) event {
	t.Helper()
	return u.await(t, "the text "+s, func(e event) bool { return e.What == s })
}

func (u *user) happened() []event {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]event(nil), u.events...)
}

// states returns the connection states so far, with their reasons.
func (u *user) states() (out []string) {
	for _, e := range u.happened() {
		if e.Name == "state" {
			out = append(out, e.Who+" "+e.What)
		}
	}
	return out
}

func (u *user) note(e event) {
	u.mu.Lock()
	u.events = append(u.events, e)
	u.mu.Unlock()
	select {
	case u.news <- struct{}{}:
	default:
	}
}

// StateChanged implements core.Events.
func (u *user) StateChanged(s core.State, r core.Reason) {
	u.note(event{Name: "state", Who: string(s), What: string(r)})
}

// PeerMessage implements core.Events.
func (u *user) PeerMessage(d *wire.Delivery) {
	u.note(event{Name: "peer", Who: d.From, What: d.Message.Text, Message: d})
}

// ChannelMessage implements core.Events.
func (u *user) ChannelMessage(ch *core.Channel, d *wire.Delivery) {
	u.note(event{Name: "channel", Channel: ch.ID(), Who: d.From, What: d.Message.Text, Message: d})
}

// MemberJoined implements core.Events.
func (u *user) MemberJoined(ch *core.Channel, uid string) {
	u.note(event{Name: "joined", Channel: ch.ID(), Who: uid})
}

// MemberLeft implements core.Events.
func (u *user) MemberLeft(ch *core.Channel, uid string) {
	u.note(event{Name: "left", Channel: ch.ID(), Who: uid})
}

// MemberCount implements core.Events.
func (u *user) MemberCount(ch *core.Channel, n int) {
	u.note(event{Name: "count", Channel: ch.ID(), Count: n})
}

// AttributesUpdated implements core.Events.
func (u *user) AttributesUpdated(ch *core.Channel, all []*core.Attribute) {
	u.note(event{Name: "attributes", Channel: ch.ID(), What: attributesText(all)})
}

// PeersChanged implements core.Events.
func (u *user) PeersChanged(list core.PresenceList) {
	for _, p := range list {
		u.note(event{Name: "presence", Who: p.Uid, What: p.State.String(), Count: len(list)})
	}
}

// JoinStateChanged implements core.Events.
func (u *user) JoinStateChanged(ch *core.Channel, s core.JoinState) {
	u.note(event{Name: "join state", Channel: ch.ID(), Who: string(s)})
}

// InvitationReceived implements core.Events.
func (u *user) InvitationReceived(i *core.Invitation) {
	u.note(event{Name: "invited", Who: i.Peer, What: i.Content, Channel: i.Channel, Call: i})
}

// InvitationChanged implements core.Events.
func (u *user) InvitationChanged(i *core.Invitation, s core.InvitationState, text string) {
	u.note(event{Name: "invitation", Who: string(s), What: text, Call: i})
}

// Token implements core.Events.
func (u *user) Token(e core.TokenEvent) { u.note(event{Name: "token", What: string(e)}) }

// Log implements core.Events.
func (*user) Log(core.LogLevel, string) {}
