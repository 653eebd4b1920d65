package gateway

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// memoryEvery is the time between two checks of the memory in use. Each session has its own limits.
// The check is for very many sessions that use up theirs.
const memoryEvery = time.Second

var errShort = errors.New("the gateway is short of memory")

// memory checks whether the process uses too much memory.
type memory struct {
	limit int64                             // bytes; 0 means no limit
	live  func(exactly bool) int64          // bytes in use
	shed  func(excess int64) (sessions int) // ends sessions
	log   *slog.Logger
	short atomic.Bool
}

// isShort reports whether new logins are refused.
func (m *memory) isShort() bool { return m.short.Load() }

// refusal returns why new logins are refused, nil if they are not.
func (m *memory) refusal() error {
	if m.isShort() {
		return errShort
	}
	return nil
}

// liveBytes returns the bytes that the last garbage collection left, and those of stacks. exactly
// runs a collection first, which takes CPU time.
func liveBytes(exactly bool) int64 {
	if exactly {
		runtime.GC()
	}
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() + samples[1].Value.Uint64())
}

func (m *memory) watch(ctx context.Context) {
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.check()
		}
	}
}

// check refuses new logins when more than three fifths of the limit are in use, and ends sessions
// at more than three quarters. The garbage collector needs the rest.
func (m *memory) check() {
	most := m.limit / 4 * 3
	used := m.live(m.isShort())
	if used > most { // some of it may be garbage by now
		used = m.live(true)
	}
	short := used > m.limit/5*3
	if was := m.short.Swap(short); short != was {
		text := "memory runs short: new logins are refused"
		if !short {
			text = "there is enough memory again: new logins are accepted"
		}
		m.log.Warn(text, "used", used, "limit", m.limit)
	}
	if used > most {
		n := m.shed(used - most)
		m.log.Warn("sessions ended to free memory", "sessions", n, "used", used, "limit", m.limit)
	}
}
