package gateway

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// crowded is a server with a limit of 1000 MiB whose sessions hold 1, 2, … MiB.
func crowded(t *testing.T, sessions int) (s *Server, use func(mib int64)) {
	var used int64
	s = &Server{
		config:   Config{Limits: Limits{Memory: 1000 << 20}.withDefaults(), Meter: noMeter{}},
		log:      slog.New(slog.NewTextHandler(t.Output(), nil)),
		sessions: map[string]*session{},
		byApp:    map[string]int{},
		memory:   memory{live: func(bool) int64 { return used }},
	}
	for i := range sessions {
		one := newSession(s, User{App: "app", ID: fmt.Sprint(i)}, fmt.Sprint(i), "secret")
		for range i + 1 {
			one.out.add(outboxItem{body: make([]byte, 1<<20)})
		}
		require.Nil(t, s.add(one))
	}
	return s, func(mib int64) {
		used = mib << 20
		s.lookAtMemory()
	}
}

func (s *Server) newcomer() *wire.Refusal {
	return s.add(newSession(s, User{App: "app"}, "new", "secret"))
}

func TestNewcomersAreRefusedForWantOfMemory(t *testing.T) {
	s, use := crowded(t, 3)
	use(700)
	assert.Equal(t, short, s.newcomer())
	assert.Equal(t, "memory", s.Ready(t.Context())[1].Name)
	for _, session := range s.all() {
		assert.False(t, session.ended)
	}
	use(500)
	assert.Nil(t, s.newcomer())
	assert.Len(t, s.Ready(t.Context()), 1)
}

func TestWhoHoldsTheMostEndsForWantOfMemory(t *testing.T) {
	s, use := crowded(t, 4)
	use(755) // 5 too many: the largest has 4, the next 3
	for id, want := range map[string]bool{"0": false, "1": false, "2": true, "3": true} {
		code, _ := s.session(id).endReason()
		assert.Equal(t, want, s.session(id).ended, id)
		assert.Equal(t, want, code == wire.CloseSlow, "its client may come back")
	}
}

func TestOnlyWhoHoldsMuchEndsForWantOfMemory(t *testing.T) {
	s, use := crowded(t, 0)
	little := newSession(s, User{App: "app", ID: "ada"}, "ada", "secret")
	little.out.add(outboxItem{body: make([]byte, leastShed/2)})
	require.Nil(t, s.add(little))
	use(2000)
	assert.False(t, little.ended)
}
