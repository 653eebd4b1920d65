package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
)

// Each kind of request counts for a rate, and only those that a rate exists for.
func TestOpOf(t *testing.T) {
	seen := map[core.Op]bool{}
	for _, f := range []*wire.ClientFrame{
		{Send: &wire.Send{}}, {Join: &wire.Join{}}, {Members: &wire.Members{}}, {Counts: &wire.Counts{}}, {Renew: &wire.Renew{}},
		{Presence: &wire.PresenceRequest{}}, {Presence: &wire.PresenceRequest{Mode: wire.PresenceRequest_SUBSCRIBE}},
		{Presence: &wire.PresenceRequest{Mode: wire.PresenceRequest_UNSUBSCRIBE}},
		{Write: &wire.AttributeWrite{}}, {Write: &wire.AttributeWrite{Channel: "c"}},
		{Read: &wire.AttributeRead{Uid: "u"}}, {Read: &wire.AttributeRead{Channel: "c"}},
	} {
		op, counts := opOf(f)
		assert.True(t, counts, "%v", f)
		assert.False(t, seen[op], "%v", f)
		seen[op] = true
	}
	for _, f := range []*wire.ClientFrame{{Leave: &wire.Leave{}}, {Bye: &wire.Bye{}}} {
		_, counts := opOf(f)
		assert.False(t, counts, "%v", f)
	}
}

func TestOutboxAck(t *testing.T) {
	var o outbox
	o.add(outboxItem{body: []byte("joined"), topic: "r"})
	o.add(outboxItem{seq: 1, body: []byte("x")})
	o.add(outboxItem{body: []byte("joined"), topic: "s"})
	o.add(outboxItem{seq: 2, body: []byte("y"), topic: "r"})
	assert.Empty(t, o.ack(0))
	assert.Len(t, o.items, 4, "Joined may be lost still")
	assert.Len(t, o.ack(1), 2, "what came after Joined was handled")
	assert.Len(t, o.ack(9), 2)
	assert.Zero(t, o.bytes)
	assert.Zero(t, o.missable)
}

func TestOutboxTrim(t *testing.T) {
	var o outbox
	now := time.Unix(1000, 0)
	const n = core.MaxMissedChannelMessages + 5
	for i := range uint64(n) {
		o.add(outboxItem{seq: 2*i + 1, at: now})
		o.add(outboxItem{seq: 2*i + 2, at: now, topic: "r"})
	}
	o.trim(now)
	assert.Len(t, o.items, n+core.MaxMissedChannelMessages)
	assert.EqualValues(t, 2*n, o.items[len(o.items)-1].seq, "the latest stay")
	o.trim(now.Add(core.SessionTimeout + 1))
	assert.Len(t, o.items, n, "peer messages stay")
	assert.Equal(t, n*channel.FrameOverhead, o.bytes)
}

func TestAnswers(t *testing.T) {
	var a answers
	news, _ := a.lookup(1)
	assert.Equal(t, isNew, news)
	news, _ = a.lookup(1)
	assert.Equal(t, isRunning, news)
	a.done(1, []byte("one"))
	news, answer := a.lookup(1)
	assert.Equal(t, isDone, news)
	assert.Equal(t, "one", string(answer))

	for id := uint32(2); id <= maxAnswers+1; id++ {
		news, _ = a.lookup(id)
		assert.Equal(t, isNew, news)
	}
	news, _ = a.lookup(1)
	assert.Equal(t, isForgotten, news)
	a.done(1, []byte("too late"))
	assert.Zero(t, a.bytes)
	for id := uint32(2); id <= maxAnswers+1; id++ {
		a.done(id, make([]byte, maxAnswerBytes/4))
	}
	assert.LessOrEqual(t, a.bytes, maxAnswerBytes)
	assert.Len(t, a.known, len(a.order))
}

// Of what tells all of something, a client who is away is kept the latest.
func TestPushLatest(t *testing.T) {
	s := newSession(&Sessions{}, User{}, "id", "secret")
	s.PushLatest([]byte("a1"), "a")
	s.PushLatest([]byte("b1"), "b")
	s.push(outboxItem{body: []byte("message"), topic: "room"})
	s.PushLatest([]byte("a2"), "a")
	s.PushLatest([]byte("a3"), "a")
	var kept []string
	for _, k := range s.out.items {
		kept = append(kept, string(k.body))
	}
	assert.Equal(t, []string{"b1", "message", "a3"}, kept)
	assert.EqualValues(t, 5, s.out.items[2].seq)
	s.out.ack(5)
	assert.Zero(t, s.out.bytes)
}
