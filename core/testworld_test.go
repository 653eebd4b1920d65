package core

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

const (
	testApp   = "0123456789abcdef0123456789abcdef"
	testToken = "token-of-alice"
)

// world is a client, its host, and all that was heard from it in the order in which it
// happened: events and the outcomes of methods, each as one line.
type world struct {
	*Client
	t    *testing.T
	host *testHost
	log  []string
	on   map[string]func() // listeners, by the line that calls them
	text []string          // the client's own log
	each func(line string) // is told every line, if set
}

var _ Events = (*world)(nil)

// inWorld runs f in virtual time with a client that is logged out.
func inWorld(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, host: &testHost{t: t}, on: map[string]func(){}}
		w.Client = New(testApp, "https://gw.example/", w.host, w)
		f(w)
	})
}

// inSession runs f with a client that is logged in as alice.
func inSession(t *testing.T, f func(w *world)) {
	t.Helper()
	inWorld(t, func(w *world) {
		w.Login("alice", testToken, w.promise("login"))
		w.welcome("s1")
		require.Equal(t, Connected, w.State())
		w.forget()
		f(w)
	})
}

// welcome opens the dialled socket and has the gateway accept Hello with a new session.
func (w *world) welcome(session string) *testSocket {
	w.t.Helper()
	return w.accept(&wire.Welcome{SessionId: session, Credential: "credential of " + session, PingIntervalMs: 2500})
}

// resumed does the same and takes the old session up.
func (w *world) resumed() *testSocket {
	w.t.Helper()
	return w.accept(&wire.Welcome{SessionId: w.session.id, Credential: w.session.credential, Resumed: true, PingIntervalMs: 2500})
}

func (w *world) accept(welcome *wire.Welcome) *testSocket {
	w.t.Helper()
	s := w.host.socket()
	s.l.Opened()
	s.receive(&wire.ServerFrame{Welcome: welcome})
	w.host.settle()
	return s
}

// continued does the same with a new session that continues the old one for others.
func (w *world) continued(session string) *testSocket {
	w.t.Helper()
	return w.accept(&wire.Welcome{SessionId: session, Credential: "credential of " + session, Continues: true, PingIntervalMs: 2500})
}

// refuse opens the dialled socket and has the gateway refuse Hello.
func (w *world) refuse(r *wire.Refusal) {
	w.t.Helper()
	s := w.host.socket()
	s.l.Opened()
	s.receive(&wire.ServerFrame{Refusal: r})
}

// interrupt breaks the connection.
func (w *world) interrupt() {
	w.t.Helper()
	w.host.socket().lose(1006)
	require.Equal(w.t, Reconnecting, w.State())
}

// redialled cuts the wait before the next attempt short, and is that attempt's socket.
func (w *world) redialled() *testSocket {
	w.t.Helper()
	before := len(w.host.sockets)
	w.Wake()
	require.Len(w.t, w.host.sockets, before+1)
	return w.host.socket()
}

// joined is a channel that the client is in.
func (w *world) joined(id string) *Channel {
	w.t.Helper()
	ch := w.Channel(id)
	ch.Join(w.promise("join"))
	w.reply(&wire.ServerFrame{Joined: &wire.Joined{MemberCount: 1}})
	w.host.settle()
	require.Equal(w.t, Joined, ch.State())
	w.forget()
	return ch
}

// alive passes time in which the gateway pings.
func (w *world) alive(d time.Duration) {
	w.t.Helper()
	for d > 0 {
		step := min(d, PingInterval)
		w.host.pass(step)
		d -= step
		w.host.socket().receive(&wire.ServerFrame{Ping: &wire.Ping{}})
	}
}

// reply answers the request that was made last.
func (w *world) reply(f *wire.ServerFrame) {
	w.t.Helper()
	f.ReplyTo = w.nextID
	w.host.socket().receive(f)
}

// push has the gateway push a frame.
func (w *world) push(seq uint64, f *wire.ServerFrame) {
	w.t.Helper()
	f.Seq = seq
	w.host.socket().receive(f)
}

// forget clears what was heard and sent.
func (w *world) forget() {
	w.log = nil
	for _, s := range w.host.sockets {
		s.frames = nil
	}
}

// taken is what was heard since the last call.
func (w *world) taken() []string {
	out := w.log
	w.log = nil
	return out
}

func (w *world) note(line string) {
	w.log = append(w.log, line)
	if w.each != nil {
		w.each(line)
	}
	if f := w.on[line]; f != nil {
		delete(w.on, line)
		f()
	}
}

// promise is a function for a method's outcome, which is noted under the name.
func (w *world) promise(name string) func(*Error) {
	settled := false
	return func(err *Error) {
		require.False(w.t, settled, "%s was settled twice", name)
		settled = true
		w.note(name + ": " + outcome(err))
	}
}

// sending is a promise for a message to a peer.
func (w *world) sending(name string) func(bool, *Error) {
	done := w.promise(name)
	return func(received bool, err *Error) {
		if received {
			w.note("bob received " + name)
		}
		done(err)
	}
}

// outcome is "ok", or class and code.
func outcome(err *Error) string {
	if err == nil {
		return "ok"
	}
	return string(err.Class) + " " + strconv.Itoa(err.Code)
}

func textMessage(s string) *Outgoing {
	return &Outgoing{Message: &Message{Type: wire.Message_TEXT, Text: s}}
}

// say sends a text to bob and notes its outcome under the text.
func (w *world) say(text string) { w.SendToPeer("bob", textMessage(text), false, w.sending(text)) }

// StateChanged implements Events.
func (w *world) StateChanged(s State, r Reason) {
	require.Equal(w.t, s, w.State(), "the state agrees with the event")
	w.note(string(s) + " " + string(r))
}

// PeerMessage implements Events.
func (w *world) PeerMessage(d *wire.Delivery) { w.note(d.From + ": " + d.Message.Text) }

// ChannelMessage implements Events.
func (w *world) ChannelMessage(ch *Channel, d *wire.Delivery) {
	w.note(ch.ID() + " " + d.From + ": " + d.Message.Text)
}

// MemberJoined implements Events.
func (w *world) MemberJoined(ch *Channel, uid string) { w.note(ch.ID() + " +" + uid) }

// MemberLeft implements Events.
func (w *world) MemberLeft(ch *Channel, uid string) { w.note(ch.ID() + " -" + uid) }

// MemberCount implements Events.
func (w *world) MemberCount(ch *Channel, n int) { w.note(ch.ID() + " =" + strconv.Itoa(n)) }

// AttributesUpdated implements Events.
func (w *world) AttributesUpdated(ch *Channel, all []*Attribute) {
	w.note(ch.ID() + " attributes:" + attributesText(all))
}

// PeersChanged implements Events.
func (w *world) PeersChanged(list PresenceList) { w.note("peers " + states(list)) }

// states are the states of users in short, in the order of their names.
func states(list PresenceList) string {
	var out []string
	for _, p := range list {
		out = append(out, p.Uid+"="+p.State.String())
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// JoinStateChanged implements Events.
func (w *world) JoinStateChanged(ch *Channel, s JoinState) {
	require.Equal(w.t, s, ch.State())
	w.note(ch.ID() + " " + string(s))
}

// InvitationReceived implements Events.
func (w *world) InvitationReceived(i *Invitation) {
	require.Equal(w.t, InvitationReceived, i.State())
	w.note("invited by " + i.Peer + ": " + i.Content)
}

// InvitationChanged implements Events.
func (w *world) InvitationChanged(i *Invitation, s InvitationState, text string) {
	require.Equal(w.t, s, i.State(), "the state agrees with the event")
	w.note(strings.TrimSpace(i.CallID + " " + string(s) + " " + text))
}

// Token implements Events.
func (w *world) Token(e TokenEvent) { w.note(string(e)) }

// Log implements Events.
func (w *world) Log(_ LogLevel, text string) { w.text = append(w.text, text) }

// describe is a client frame in short: its id, what it is, and what it is about.
func describe(f *wire.ClientFrame) string {
	id := ""
	if f.Id != 0 {
		id = strconv.Itoa(int(f.Id)) + " "
	}
	switch {
	case f.Hello != nil:
		return id + "hello " + f.Hello.Uid
	case f.Ack != nil:
		return id + "ack " + strconv.FormatUint(f.Ack.Seq, 10)
	case f.Pong != nil:
		return id + "pong"
	case f.Send != nil:
		return id + "send " + f.Send.Peer + f.Send.Channel + " " + f.Send.Message.Text
	case f.Join != nil:
		return id + "join " + f.Join.Channel
	case f.Leave != nil:
		return id + "leave " + f.Leave.Channel
	case f.Members != nil:
		return id + "members " + f.Members.Channel
	case f.Invitation != nil:
		i := f.Invitation
		return strings.TrimSpace(id + i.Kind.String() + " " + i.CallId + " to " + i.Peer + " " + i.Text)
	case f.Write != nil:
		return id + "write " + f.Write.Channel + f.Write.Op.String() + attributesText(f.Write.Attribute)
	case f.Read != nil:
		return id + "read " + f.Read.Uid + f.Read.Channel
	case f.Presence != nil:
		peers := slices.Sorted(slices.Values(f.Presence.Uid))
		return id + strings.ToLower(f.Presence.Mode.String()) + " " + strings.Join(peers, " ")
	case f.Counts != nil:
		return id + "counts " + strings.Join(f.Counts.Channel, " ")
	case f.MediaUrl != nil:
		return id + "url " + f.MediaUrl.Download
	case f.Bye != nil:
		return id + "bye"
	case f.Renew != nil:
		return id + "renew " + f.Renew.Token
	}
	return id + "?"
}
