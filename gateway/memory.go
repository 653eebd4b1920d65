package gateway

import (
	"cmp"
	"errors"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync/atomic"
	"time"

	"rtmwasm/core/wire"
)

const (
	// memoryEvery is the time between two looks at the memory in use. Each session has
	// bounds of its own; this is for very many that use theirs up.
	memoryEvery = time.Second

	// leastShed is what a session must hold to be worth ending.
	leastShed = 64 << 10
)

var errShort = errors.New("the gateway is short of memory")

// memory knows whether the process holds too much.
type memory struct {
	live  func(exactly bool) int64 // bytes in use
	short atomic.Bool
}

// isShort reports whether newcomers are to be refused.
func (m *memory) isShort() bool { return m.short.Load() }

// liveBytes is what the last collection of garbage left, and the stacks; exactly makes a
// collection first, which takes CPU.
func liveBytes(exactly bool) int64 {
	if exactly {
		runtime.GC()
	}
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() + samples[1].Value.Uint64())
}

func (s *Server) watchMemory() {
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			s.lookAtMemory()
		}
	}
}

// lookAtMemory refuses newcomers from three fifths of the limit on, and makes room from
// three quarters on: the collector needs the rest to work in.
func (s *Server) lookAtMemory() {
	limit := s.config.Limits.Memory
	most := limit / 4 * 3
	used := s.memory.live(s.memory.isShort())
	if used > most { // it may have been garbage, by now
		used = s.memory.live(true)
	}
	short := used > limit/5*3
	if was := s.memory.short.Swap(short); short != was {
		text := "memory runs short: new users are refused"
		if !short {
			text = "there is enough memory again: new users are let in"
		}
		s.log.Warn(text, "used", used, "limit", limit)
	}
	if used > most {
		n := s.shed(used - most)
		s.log.Warn("sessions ended to free memory", "sessions", n, "used", used, "limit", limit)
	}
}

// shed ends the sessions that hold the most, until that is excess bytes, and returns how
// many. Their clients may log in again when there is memory.
func (s *Server) shed(excess int64) (ended int) {
	type holder struct {
		*session
		bytes int64
	}
	var holders []holder
	for _, session := range s.all() {
		if n := session.holds(); n >= leastShed {
			holders = append(holders, holder{session, n})
		}
	}
	slices.SortFunc(holders, func(a, b holder) int { return cmp.Compare(b.bytes, a.bytes) })
	for _, h := range holders {
		if excess <= 0 {
			break
		}
		h.end(closeReason{wire.CloseSlow, errShort.Error() + ", and you left it the most"})
		excess -= h.bytes
		ended++
	}
	return ended
}

// holds is about how many bytes wait for the session's client.
func (s *session) holds() int64 {
	n := s.inbox.Held()
	s.mu.Lock()
	defer s.mu.Unlock()
	queued := 0
	if s.link != nil {
		queued = s.link.queued()
	}
	return int64(n + s.answers.bytes + max(s.out.bytes, queued)) // what is pushed is in both
}
