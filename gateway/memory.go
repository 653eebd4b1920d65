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

// memoryEvery is the time between two looks at the memory in use. Each session has
// bounds of its own; this is for very many that use theirs up.
const memoryEvery = time.Second

var errShort = errors.New("the gateway is short of memory")

// memory knows whether the process holds too much.
type memory struct {
	limit int64                             // bytes; 0: none
	live  func(exactly bool) int64          // bytes in use
	shed  func(excess int64) (sessions int) // ends sessions
	log   *slog.Logger
	short atomic.Bool
}

// isShort reports whether newcomers are to be refused.
func (m *memory) isShort() bool { return m.short.Load() }

// refusal is why newcomers are refused, nil if they are not.
func (m *memory) refusal() error {
	if m.isShort() {
		return errShort
	}
	return nil
}

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

func (m *memory) watch(ctx context.Context) {
	tick := time.NewTicker(memoryEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.look()
		}
	}
}

// look refuses newcomers from three fifths of the limit on, and makes room from
// three quarters on: the collector needs the rest to work in.
func (m *memory) look() {
	most := m.limit / 4 * 3
	used := m.live(m.isShort())
	if used > most { // it may have been garbage, by now
		used = m.live(true)
	}
	short := used > m.limit/5*3
	if was := m.short.Swap(short); short != was {
		text := "memory runs short: new users are refused"
		if !short {
			text = "there is enough memory again: new users are let in"
		}
		m.log.Warn(text, "used", used, "limit", m.limit)
	}
	if used > most {
		n := m.shed(used - most)
		m.log.Warn("sessions ended to free memory", "sessions", n, "used", used, "limit", m.limit)
	}
}
