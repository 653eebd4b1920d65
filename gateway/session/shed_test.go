package session

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// crowded are sessions that hold 1, 2, … MiB.
func crowded(t *testing.T, sessions int) *Sessions {
	s := &Sessions{
		config:   Config{MaxSessions: 100, MaxAppSessions: 100, Meter: noMeter{}, Busy: func() error { return nil }},
		sessions: map[string]*session{},
		byApp:    map[string]int{},
	}
	for i := range sessions {
		one := newSession(s, User{App: "app", ID: fmt.Sprint(i)}, fmt.Sprint(i), "secret")
		for range i + 1 {
			one.out.add(outboxItem{body: make([]byte, 1<<20)})
		}
		require.Nil(t, s.add(one))
	}
	return s
}

func TestNewcomersAreRefusedWhileBusy(t *testing.T) {
	s := crowded(t, 3)
	newcomer := newSession(s, User{App: "app"}, "new", "secret")
	s.config.Busy = func() error { return errors.New("short of memory") }
	assert.Equal(t, newRefusal(wire.Refusal_UNAVAILABLE, "short of memory: try again later"), s.add(newcomer))
	for _, session := range s.all() {
		assert.False(t, session.ended)
	}
	s.config.Busy = func() error { return nil }
	assert.Nil(t, s.add(newcomer))
}

func TestWhoHoldsTheMostIsShed(t *testing.T) {
	s := crowded(t, 4)
	assert.Equal(t, 2, s.Shed(5<<20, "no memory")) // the largest has 4, the next 3
	for id, want := range map[string]bool{"0": false, "1": false, "2": true, "3": true} {
		code, _ := s.find(id).endReason()
		assert.Equal(t, want, s.find(id).ended, id)
		assert.Equal(t, want, code == wire.CloseSlow, "its client may come back")
	}
}

func TestWhoHoldsLittleIsNotShed(t *testing.T) {
	s := crowded(t, 0)
	little := newSession(s, User{App: "app", ID: "ada"}, "ada", "secret")
	little.out.add(outboxItem{body: make([]byte, minShedBytes/2)})
	require.Nil(t, s.add(little))
	assert.Zero(t, s.Shed(1<<30, "no memory"))
	assert.False(t, little.ended)
}
