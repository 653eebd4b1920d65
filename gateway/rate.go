package gateway

import (
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// A client keeps to core.Rates by itself; the gateway holds those to it that do not.
// Frames that were held up on their way arrive closer together than they were sent,
// so the gateway's windows are half as long.
const windowShare = 2

// rate counts events in a sliding window.
type rate struct {
	core.Rate
	at   []time.Time // the latest; a ring when full
	next int         // the oldest of a full ring

	spare   int       // events allowed beside the window
	granted time.Time // when spare was last given
	returns int       // of rates, when this was last looked at
}

func newRate(op core.Op) *rate {
	r := &rate{Rate: core.Rates[op]}
	r.Window /= windowShare
	return r
}

// allow takes a place at now, or reports that none is free.
func (r *rate) allow(now time.Time) bool {
	switch {
	case len(r.at) < r.N:
		r.at = append(r.at, now)
	case now.Sub(r.at[r.next]) >= r.Window:
		r.at[r.next] = now
		r.next = (r.next + 1) % r.N
	case r.spare > 0:
		r.spare--
	default:
		return false
	}
	return true
}

// grant makes room beside the window, at most once in graceEvery, for what a client
// had sent, and paid for, while its connection was dying.
func (r *rate) grant(now time.Time) {
	if now.Sub(r.granted) >= graceEvery {
		r.spare, r.granted = r.N*int(core.RequestTimeout/r.Window+1), now
	}
}

// idle reports whether nothing counts any more.
func (r *rate) idle(now time.Time) bool {
	return now.Sub(r.granted) >= graceEvery && (len(r.at) == 0 || now.Sub(r.at[(r.next+len(r.at)-1)%len(r.at)]) >= r.Window)
}

// rates are the counters of one session, made as they are needed.
type rates struct {
	by      map[rateKey]*rate
	returns int // how often the client has come back
}

type rateKey struct {
	op      core.Op
	channel string // of core.OpJoinSame
}

// allow counts one call.
func (rs *rates) allow(key rateKey, now time.Time) bool {
	r := rs.by[key]
	if r == nil {
		if len(rs.by) >= maxRates {
			rs.drop(now)
		}
		r = newRate(key.op)
		rs.by[key] = r
	}
	if r.returns != rs.returns {
		r.returns = rs.returns
		r.grant(now)
	}
	return r.allow(now)
}

func (rs *rates) drop(now time.Time) {
	for key, r := range rs.by {
		if r.idle(now) {
			delete(rs.by, key)
		}
	}
}

// tooOften counts a request, and refuses one too many.
func (s *session) tooOften(f *wire.ClientFrame) *wire.Refusal {
	op, counts := opOf(f)
	if !counts {
		return nil
	}
	now := time.Now()
	s.mu.Lock()
	if s.cameBack {
		s.cameBack = false
		s.rates.returns++
	}
	s.mu.Unlock()
	if !s.rates.allow(rateKey{op: op}, now) {
		return newRefusal(wire.Refusal_TOO_OFTEN, "this was asked for too often")
	}
	if op == core.OpJoin && core.ValidID(f.Join.Channel) && !s.rates.allow(rateKey{core.OpJoinSame, f.Join.Channel}, now) {
		return newRefusal(wire.Refusal_SAME_CHANNEL_TOO_OFTEN, "this channel was joined too often")
	}
	return nil
}

// opOf tells which rate a request counts for, if any.
func opOf(f *wire.ClientFrame) (op core.Op, counts bool) {
	switch {
	case f.Send != nil, f.Invitation != nil:
		return core.OpSend, true
	case f.Join != nil:
		return core.OpJoin, true
	case f.Members != nil:
		return core.OpMembers, true
	case f.Counts != nil:
		return core.OpCounts, true
	case f.Presence != nil:
		switch f.Presence.Mode {
		case wire.PresenceRequest_SUBSCRIBE:
			return core.OpSubscribe, true
		case wire.PresenceRequest_UNSUBSCRIBE:
			return core.OpUnsubscribe, true
		}
		return core.OpQuery, true
	case f.Write != nil && f.Write.Channel == "":
		return core.OpWriteUser, true
	case f.Write != nil:
		return core.OpWriteChannel, true
	case f.Read != nil && f.Read.Channel == "":
		return core.OpReadUser, true
	case f.Read != nil:
		return core.OpReadChannel, true
	case f.Renew != nil:
		return core.OpRenew, true
	case f.MediaUrl != nil:
		return core.OpMediaURL, true
	}
	return 0, false
}

// counter counts events in one window after another: coarser than rate, and smaller.
type counter struct {
	began time.Time
	n     int
}

// add counts one event and returns how many the current window has.
func (c *counter) add(now time.Time, window time.Duration) int { return c.addN(1, now, window) }

// addN counts n events.
func (c *counter) addN(n int, now time.Time, window time.Duration) int {
	if now.Sub(c.began) >= window {
		c.began, c.n = now, 0
	}
	c.n += n
	return c.n
}
