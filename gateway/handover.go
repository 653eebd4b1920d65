package gateway

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"slices"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// handover is a session as one gateway gives it to another, all that the client and the
// others would notice if it were missing. It is made of plain values; see carry and restore.
type handover struct {
	Seq     uint64 // the last given out
	Kept    []carriedFrame
	Held    []carriedFrame // of mail.held
	Settled []string       // receipts of what the client turned out to have
	Mail    uint64         // up to where the mailbox was pushed

	LastRequest uint32
	Answers     []carriedAnswer // oldest first
	Comeback    int
	Rates       []carriedRate

	Rooms     []carriedRoom
	Following map[string]wire.Presence_State // what the client knows of whom
	SinceMs   int64                          // when the old gateway stopped to listen, Unix time
}

type carriedFrame struct {
	Seq           uint64
	Body          []byte
	Room, Subject string
	AtMs          int64
	Receipt       string
	Mail          uint64
}

// carriedAnswer has no body where the request was under way: it will be done again.
type carriedAnswer struct {
	ID   uint32
	Body []byte
}

type carriedRate struct {
	Op       int
	Channel  string
	AtMs     []int64 // oldest first
	Spare    int
	Granted  int64 // ms
	Comeback int
}

// carriedRoom is a channel as the client knows it.
type carriedRoom struct {
	Channel    string
	Members    []string // uids; of a crowd none
	Crowd      bool
	Attributes uint64 // revision of the last delivered
}

// encode makes bytes of a handover or want. Fields that one side does not know are skipped.
func encode[T handover | want](v *T) []byte {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(v); err != nil {
		panic("gateway: plain values can't be encoded: " + err.Error())
	}
	return b.Bytes()
}

func decode[T handover | want](b []byte) (*T, error) {
	v := new(T)
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(v); err != nil {
		return nil, fmt.Errorf("gateway: from another gateway: %w", err)
	}
	return v, nil
}

// carry makes plain values of what a client must still get.
func (o *outbox) carry() (frames []carriedFrame) {
	for _, k := range o.items {
		frames = append(frames, carriedFrame{k.seq, k.body, k.room, k.subject, unixMs(k.at), k.receipt, k.mail})
	}
	return frames
}

// restore undoes carry; acked makes what an item calls when it is settled.
func (o *outbox) restore(last uint64, frames []carriedFrame, acked func(outboxItem) func(bool)) {
	*o = outbox{last: last}
	for _, f := range frames {
		k := outboxItem{seq: f.Seq, body: f.Body, room: f.Room, subject: f.Subject, at: msTime(f.AtMs), receipt: f.Receipt, mail: f.Mail}
		k.acked = acked(k)
		o.add(k)
	}
}

func (a *answers) carry() (last uint32, carried []carriedAnswer) {
	for _, id := range a.order {
		carried = append(carried, carriedAnswer{id, a.known[id]})
	}
	return a.highest, carried
}

func (a *answers) restore(last uint32, carried []carriedAnswer) {
	*a = answers{highest: last, known: map[uint32][]byte{}, again: map[uint32]bool{}}
	for _, c := range carried {
		if len(c.Body) == 0 {
			a.again[c.ID] = true
			continue
		}
		a.known[c.ID] = c.Body
		a.order = append(a.order, c.ID)
		a.bytes += len(c.Body)
	}
}

func (rs *rates) carry() (carried []carriedRate) {
	for key, r := range rs.by {
		c := carriedRate{Op: int(key.op), Channel: key.channel, Spare: r.spare, Granted: unixMs(r.granted), Comeback: r.comeback}
		for i := range r.at {
			c.AtMs = append(c.AtMs, unixMs(r.at[(r.next+i)%len(r.at)]))
		}
		carried = append(carried, c)
	}
	return carried
}

func (rs *rates) restore(comeback int, carried []carriedRate) {
	*rs = rates{by: map[rateKey]*rate{}, comeback: comeback}
	for _, c := range carried {
		if c.Op < 0 || c.Op >= len(core.Rates) {
			continue // of another version
		}
		key := rateKey{core.Op(c.Op), c.Channel}
		r := newRate(key.op)
		r.spare, r.granted, r.comeback = c.Spare, msTime(c.Granted), c.Comeback
		for _, at := range c.AtMs[max(0, len(c.AtMs)-r.N):] {
			r.at = append(r.at, msTime(at))
		}
		rs.by[key] = r
	}
}

// changesSince is what became of a channel's members, in any order.
func changesSince(known []string, now func(yield func(string) bool)) (came, went []string) {
	left := make(map[string]bool, len(known))
	for _, uid := range known {
		left[uid] = true
	}
	for uid := range now {
		if !left[uid] {
			came = append(came, uid)
		}
		delete(left, uid)
	}
	for _, uid := range known {
		if left[uid] {
			went = append(went, uid)
		}
	}
	slices.Sort(came)
	return came, went
}

func unixMs(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func msTime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}
