// Package once remembers which messages a user has sent from outboxes. A client that did not hear
// the answer to such a message, because its page or its browser ended, sends the message again
// in its next login; the gateway then answers it and sends nothing.
//
// A Memory is that of one user, as one session needs it. What it remembers is bounded: the latest
// Window numbers of each of the latest MaxPairs pairs of origin and receiver. An engine implements
// Store.
package once

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"rtmwasm/gateway/id"
)

// User is a user of an app.
type User = id.User

const (
	// Lifetime is how long a user's value is kept after its last change.
	Lifetime = 24 * time.Hour

	// MaxPairs is how many pairs of origin and receiver are remembered for a user.
	MaxPairs = 32

	// Window is how many numbers of a pair are remembered: the highest and those just below.
	Window = 64
)

// Store keeps one value for each user, inside which it does not look, for Lifetime. Both methods
// give up by themselves after seconds.
type Store interface {
	// SentOnce returns the user's value, nil if there is none.
	SentOnce(ctx context.Context, user User) ([]byte, error)

	// KeepSentOnce replaces the user's value.
	KeepSentOnce(ctx context.Context, user User, value []byte) error
}

// Message names a message that is sent once.
type Message struct {
	Origin uint64 // a random number of the outbox
	To     string // names the receiver
	Number uint64 // rises within the outbox
}

// Memory remembers what a user has sent. Its methods may be called from any goroutine.
type Memory struct {
	store Store
	user  User

	saving sync.Mutex // held while a value is kept, so that the newest is kept last; taken before mu

	mu    sync.Mutex // guards the rest
	pairs []pair     // the one used last at the end
}

// pair is what was sent from one outbox to one receiver.
type pair struct {
	Origin   uint64
	To       string
	Highest  uint64
	Sent     uint64 // bit i: Highest-i was sent
	Received uint64 // bit i: its receiver has confirmed it
}

// Load reads what is remembered of a user. A value that cannot be understood counts as none.
func Load(ctx context.Context, store Store, user User) (*Memory, error) {
	value, err := store.SentOnce(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("once: read what %s has sent: %w", user.ID, err)
	}
	m := &Memory{store: store, user: user}
	if json.Unmarshal(value, &m.pairs) != nil {
		m.pairs = nil
	}
	return m, nil
}

// Find reports whether a message was sent, and whether its receiver confirmed it.
func (m *Memory) Find(msg Message) (received, sent bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.index(msg)
	if i < 0 || msg.Number > m.pairs[i].Highest {
		return false, false
	}
	p, behind := m.pairs[i], m.pairs[i].Highest-msg.Number
	return p.Received>>behind&1 == 1, p.Sent>>behind&1 == 1
}

func (m *Memory) index(msg Message) int {
	return slices.IndexFunc(m.pairs, func(p pair) bool { return p.Origin == msg.Origin && p.To == msg.To })
}

// Remember notes a message as sent, and returns when that is kept.
func (m *Memory) Remember(ctx context.Context, msg Message, received bool) error {
	m.note(msg, received)
	m.saving.Lock()
	defer m.saving.Unlock()
	m.mu.Lock()
	value, err := json.Marshal(m.pairs)
	m.mu.Unlock()
	if err == nil {
		err = m.store.KeepSentOnce(ctx, m.user, value)
	}
	if err != nil {
		return fmt.Errorf("once: keep what %s has sent: %w", m.user.ID, err)
	}
	return nil
}

func (m *Memory) note(msg Message, received bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := pair{Origin: msg.Origin, To: msg.To, Highest: msg.Number}
	if i := m.index(msg); i >= 0 {
		p = m.pairs[i]
		m.pairs = slices.Delete(m.pairs, i, i+1)
	}
	if msg.Number > p.Highest {
		rise := msg.Number - p.Highest
		p.Highest, p.Sent, p.Received = msg.Number, p.Sent<<rise, p.Received<<rise
	}
	bit := uint64(1) << (p.Highest - msg.Number) // 0 beyond Window
	p.Sent |= bit
	if received {
		p.Received |= bit
	}
	m.pairs = append(m.pairs, p)
	m.pairs = m.pairs[max(0, len(m.pairs)-MaxPairs):]
}
