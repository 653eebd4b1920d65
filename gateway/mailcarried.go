package gateway

import (
	"context"
	"time"
)

// arriving has all held that comes for a session while it is brought from another gateway,
// and remembered by its receipt: what the other one has comes with it.
func (m *mail) arriving() {
	m.running, m.known = true, map[string]bool{}
}

// arrivedBefore remembers a receipt.
func (m *mail) arrivedBefore(receipt string) bool {
	if m.known == nil {
		return false
	}
	before := m.known[receipt]
	m.known[receipt] = true
	return before
}

// restore puts what the other gateway held before what came here, once.
func (m *mail) restore(h *handover, carried *mailRun) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []liveFrame
	for _, f := range h.Held {
		all = append(all, liveFrame{f.Body, f.Receipt})
	}
	all = append(all, m.held...)
	m.held, m.heldBytes, m.known = nil, 0, map[string]bool{}
	for _, k := range h.Kept {
		m.known[k.Receipt] = true
	}
	for _, receipt := range h.Settled {
		m.known[receipt] = true
	}
	for _, f := range all {
		if !m.arrivedBefore(f.receipt) {
			m.hold(f)
		}
	}
	m.from, m.carried = h.Mail, carried
}

// arrived lets the session go on.
func (m *mail) arrived() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = false
	time.AfterFunc(knownFor, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.known = nil
	})
}

// giveAway returns what is held; what comes from now on goes to forward.
func (m *mail) giveAway(forward func(frame []byte, receipt string)) (held []carriedFrame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.held {
		held = append(held, carriedFrame{Body: f.body, Receipt: f.receipt})
	}
	m.held, m.forward = nil, forward
	return held
}

// awaitCarried waits until what came from another gateway is settled, and returns behind
// which position the mailbox is to be read.
func (s *session) awaitCarried(ctx context.Context) (position uint64, err error) {
	m := &s.mail
	m.mu.Lock()
	position, run := m.from, m.carried
	m.from, m.carried = 0, nil
	m.mu.Unlock()
	if run == nil {
		return position, nil
	}
	if taken := run.wait(); taken > 0 {
		err = s.server.engine.TruncateMail(ctx, s.user, taken)
	}
	return position, err
}
