// Package once remembers which messages a user has sent from outboxes. A client may miss the answer
// to such a message, because its page or browser ended. It then sends the message again in its next
// login. The gateway answers it, but does not send it a second time.
//
// A Memory belongs to one user and is used by one session. It is limited to the latest Window
// numbers of each of the latest MaxPairs pairs of origin and receiver. An engine implements Store.
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
	// Lifetime is how long a user's value is stored after its last change.
	Lifetime = 24 * time.Hour

	// MaxPairs is how many pairs of origin and receiver are remembered for a user.
	MaxPairs = 32

	// Window is how many numbers of a pair are remembered: the highest one and those just below it.
	Window = 64
)

// Store stores one value for each user, for Lifetime. It does not read the values. Both methods
// give up on their own after some seconds.
type Store interface {
	// LoadSent returns the user's value, nil if there is none.
	LoadSent(ctx context.Context, user User) ([]byte, error)

	// SaveSent replaces the user's value.
	SaveSent(ctx context.Context, user User, value []byte) error
}

// Message identifies a message that must be sent once.
type Message struct {
	Origin uint64 // a random number of the outbox
	To     string // names the receiver
	Number uint64 // rises within the outbox
}

// Memory remembers what a user has sent. Its methods may be called from any goroutine.
type Memory struct {
	store Store
	user  User

	saving sync.Mutex // held while a value is stored, so that the newest is stored last; taken before mu

	mu    sync.Mutex // guards the rest
	pairs []pair     // ordered by last use
}

// pair records what was sent from one outbox to one receiver.
type pair struct {
	Origin   uint64
	To       string
	Highest  uint64
	Sent     uint64 // bit i: Highest-i was sent
	Received uint64 // bit i: its receiver has confirmed it
}

// Load reads a user's Memory. A value that cannot be decoded counts as empty.
func Load(ctx context.Context, store Store, user User) (*Memory, error) {
	value, err := store.LoadSent(ctx, user)
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

// Remember records a message as sent, and returns when that is stored.
func (m *Memory) Remember(ctx context.Context, msg Message, received bool) error {
	m.note(msg, received)
	m.saving.Lock()
	defer m.saving.Unlock()
	m.mu.Lock()
	value, err := json.Marshal(m.pairs)
	m.mu.Unlock()
	if err == nil {
		err = m.store.SaveSent(ctx, m.user, value)
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
