package webhook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/event"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/media"
)

func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		a    attempt
		want verdict
	}{
		"ok":                     {attempt{status: 200, events: 1}, taken},
		"no content":             {attempt{status: 204, events: 9}, taken},
		"no answer":              {attempt{events: 1}, again},
		"a redirect":             {attempt{status: 302, events: 1}, again},
		"a wrong request":        {attempt{status: 400, events: 1}, again},
		"a wrong secret":         {attempt{status: 401, events: 1}, again},
		"a wrong path":           {attempt{status: 404, events: 1}, again},
		"not wanted":             {attempt{status: 410, events: 9}, dropped},
		"too large":              {attempt{status: 413, events: 2}, smaller},
		"one event is too large": {attempt{status: 413, events: 1}, dropped},
		"too often":              {attempt{status: 429, events: 1}, again},
		"broken":                 {attempt{status: 500, events: 1}, again},
		"a proxy without a hook": {attempt{status: 502, events: 1}, again},
	} {
		assert.Equal(t, c.want, judge(c.a), name)
	}
	assert.Equal(t, 2*time.Second, waitFor(attempt{}, 2*time.Second))
	assert.Equal(t, 5*time.Second, waitFor(attempt{retryAfter: 5 * time.Second}, 2*time.Second))
	assert.Equal(t, 2*time.Second, waitFor(attempt{retryAfter: time.Second}, 2*time.Second))
	assert.Equal(t, maxRetryAfter, waitFor(attempt{retryAfter: time.Hour}, 2*time.Second))
}

func TestSelection(t *testing.T) {
	assert.Equal(t, "login,logout,join,leave,upload,invitation", DefaultSelection().String())
	assert.False(t, DefaultSelection().Has(event.SentToPeer), "messages are asked for")
	s, err := ParseSelection("peer_message, login,login")
	require.NoError(t, err)
	assert.Equal(t, "peer_message,login", s.String())
	assert.True(t, s.Has(event.SentToPeer))
	assert.False(t, s.Has(event.SentToChannel))
	for _, text := range []string{"", "login,", "logins", "test"} {
		_, err := ParseSelection(text)
		assert.ErrorContains(t, err, "channel_message", text)
	}
	assert.False(t, Selection{}.Has(event.LoggedIn))
	for _, k := range kinds {
		assert.Equal(t, k.kind, kindOf(k.name))
	}
}

// samples are events of all kinds, and their JSON without and with what users write.
func samples() map[string]struct {
	e             event.Event
	want, content string
} {
	user := id.User{App: "0123456789abcdef0123456789abcdef", ID: "ada"}
	at := time.UnixMilli(1700000000123)
	sample := func(kind event.Kind, more event.Event) event.Event {
		more.Kind, more.User, more.At, more.ID = kind, user, at, "i"
		return more
	}
	const begin, end = `{"id":"i","type":"`, `,"app":"0123456789abcdef0123456789abcdef","uid":"ada","ms":1700000000123`
	info := media.Info{Ref: media.Ref{App: user.App, Key: "abc"}, UID: "ada", Size: 7, Type: "image/png", Metadata: map[string]string{"filename": "me.png"}}
	info.Digest[0] = 0xfe
	image := &wire.Message{Type: wire.Message_IMAGE, MediaId: "0abc1z1z7z2z3", FileName: "me.png", Size: 7, Width: 3, Height: 2, Description: "me", Thumbnail: []byte("tiny")}
	const sum = "fe00000000000000000000000000000000000000000000000000000000000000"
	return map[string]struct {
		e             event.Event
		want, content string
	}{
		"login": {sample(event.LoggedIn, event.Event{}), begin + `login"` + end + `}`, ""},
		"leave": {sample(event.Left, event.Event{Channel: "hall"}), begin + `leave"` + end + `,"channel":"hall"}`, ""},
		"text": {sample(event.SentToPeer, event.Event{Send: &wire.Send{Peer: "bob", Message: &wire.Message{Type: wire.Message_TEXT, Text: "hi"}}}),
			begin + `peer_message"` + end + `,"peer":"bob","message":{"type":"text"}}`,
			begin + `peer_message"` + end + `,"peer":"bob","message":{"type":"text","text":"hi"}}`},
		"raw": {sample(event.SentToPeer, event.Event{Send: &wire.Send{Peer: "bob", Message: &wire.Message{Type: wire.Message_RAW, Raw: []byte{1, 2}}}}),
			begin + `peer_message"` + end + `,"peer":"bob","message":{"type":"raw"}}`,
			begin + `peer_message"` + end + `,"peer":"bob","message":{"type":"raw","raw":"AQI="}}`},
		"image": {sample(event.SentToChannel, event.Event{Send: &wire.Send{Channel: "hall", Message: image}}),
			begin + `channel_message"` + end + `,"channel":"hall","message":{"type":"image","file":{"media_id":"0abc1z1z7z2z3","size":7,"width":3,"height":2}}}`,
			begin + `channel_message"` + end + `,"channel":"hall","message":{"type":"image","file":{"media_id":"0abc1z1z7z2z3","size":7,"width":3,"height":2,"name":"me.png"},"description":"me","thumbnail":"dGlueQ=="}}`},
		"upload": {sample(event.Uploaded, event.Event{File: &info}),
			begin + `upload"` + end + `,"file":{"media_id":"0abc1z1z7","size":7,"type":"image/png","sha256":"` + sum + `"}}`,
			begin + `upload"` + end + `,"file":{"media_id":"0abc1z1z7","size":7,"type":"image/png","sha256":"` + sum + `","name":"me.png"}}`},
		"invitation": {sample(event.Answered, event.Event{Caller: "bob", Answer: &wire.Invitation{Kind: wire.Invitation_REFUSE, CallId: "c", Text: "busy"}}),
			begin + `invitation"` + end + `,"peer":"bob","call_id":"c","answer":"refused"}`,
			begin + `invitation"` + end + `,"peer":"bob","call_id":"c","answer":"refused","response":"busy"}`},
	}
}

func TestEncode(t *testing.T) {
	for name, c := range samples() {
		if c.content == "" {
			c.content = c.want
		}
		for content, want := range map[bool]string{false: c.want, true: c.content} {
			got, err := Encode(c.e, content)
			require.NoError(t, err)
			assert.Equal(t, want, string(got), "%s, content: %v", name, content)
		}
	}
}

// What is told again has the same id, and nothing else has.
func TestIdentify(t *testing.T) {
	seen := map[string]string{}
	for name, c := range samples() {
		c.e.ID = ""
		if c.e.Send != nil {
			c.e.Send.Origin, c.e.Send.Number = 7, 1
		}
		id := Identify(c.e)
		if c.e.Send != nil {
			c.e.Send.Number = 2
			assert.NotEqual(t, id, Identify(c.e), name)
			c.e.Send.Number = 1
		}
		if c.e.Answer != nil {
			c.e.Answer.Text = "no time"
			assert.NotEqual(t, id, Identify(c.e), name)
			c.e.Answer.Text = "busy"
		}
		c.e.At = c.e.At.Add(time.Minute)
		repeated := c.e.Send != nil || c.e.File != nil || c.e.Answer != nil
		assert.Equal(t, repeated, id == Identify(c.e), name)
		other := c.e
		other.User.ID = "eve"
		assert.NotEqual(t, id, Identify(other), name)
		assert.Empty(t, seen[id])
		seen[id] = name
	}
	old := event.Event{Kind: event.SentToPeer, Send: &wire.Send{Peer: "bob"}}
	assert.NotEqual(t, Identify(old), Identify(old), "a client that does not number its messages")
	assert.Equal(t, "given", Identify(event.Event{ID: "given"}))
}

// A client chooses the numbers of its messages. It cannot hide one behind another by them, and clients
// that count from one do not hide each other's.
func TestMessagesCannotBeHidden(t *testing.T) {
	identify := func(origin, number uint64, text string) string {
		return Identify(event.Event{Kind: event.SentToPeer, User: id.User{App: "a", ID: "ada"},
			Send: &wire.Send{Peer: "bob", Origin: origin, Number: number, Message: &wire.Message{Type: wire.Message_TEXT, Text: text}}})
	}
	const origin = 1 << 63 // they are random, of 64 bits
	id := identify(origin, 1, "hi")
	assert.Equal(t, id, identify(origin, 1, "hi"), "it is repeated")
	assert.NotEqual(t, id, identify(origin, 1, "secret"), "another text under the same number")
	assert.NotEqual(t, id, identify(origin+1, 1, "hi"), "the same text from another client of the user")
	assert.NotEqual(t, identify(origin, 1<<40, "hi"), identify(origin, 1<<41, "hi"), "large numbers")
	assert.NotEqual(t, identify(origin, 0, "hi"), identify(origin, 0, "hi"), "a client that numbers nothing")
}
