package natsengine

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// requestMux sends requests and receives all answers on one subscription. No goroutine waits for an
// answer, so one caller can send many requests at once and in order.
type requestMux struct {
	nc    *nats.Conn
	inbox string // prefix of the answers' subjects

	mu      sync.Mutex // guards the rest
	next    uint64
	waiting map[string]*pendingRequest
}

// pendingRequest is a request that has no answer yet.
type pendingRequest struct {
	done  func(*nats.Msg)
	timer *time.Timer
}

func newRequestMux(nc *nats.Conn) (*requestMux, error) {
	r := &requestMux{nc: nc, inbox: nc.NewInbox() + ".", waiting: map[string]*pendingRequest{}}
	_, err := nc.Subscribe(r.inbox+"*", func(m *nats.Msg) {
		r.settle(strings.TrimPrefix(m.Subject, r.inbox), m)
	})
	return r, err
}

// send sends a request. It calls done once: with the answer, or with nil if no answer came in time.
// If nobody listens on the subject, the server answers: see isNoResponders.
func (r *requestMux) send(subject string, data []byte, timeout time.Duration, done func(*nats.Msg)) error {
	return r.sendMsg(&nats.Msg{Subject: subject, Data: data}, timeout, done)
}

// sendMsg is like send, for a message that may have headers. It does not change the message: a
// caller that got no answer may send it again while an earlier attempt is still being written.
func (r *requestMux) sendMsg(m *nats.Msg, timeout time.Duration, done func(*nats.Msg)) error {
	r.mu.Lock()
	r.next++
	id := strconv.FormatUint(r.next, 36)
	r.waiting[id] = &pendingRequest{done: done, timer: time.AfterFunc(timeout, func() { r.settle(id, nil) })}
	r.mu.Unlock()
	err := r.nc.PublishMsg(&nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data, Reply: r.inbox + id})
	if err != nil {
		r.take(id)
	}
	return err
}

// sendLate is like send. If an answer comes after done was called with nil, but within lateTime, it
// calls late.
func (r *requestMux) sendLate(subject string, timeout time.Duration, done, late func(*nats.Msg)) error {
	var first sync.Once
	timer := time.AfterFunc(timeout, func() { first.Do(func() { done(nil) }) })
	err := r.send(subject, nil, timeout+lateTime, func(answer *nats.Msg) {
		timer.Stop()
		inTime := false
		first.Do(func() {
			inTime = true
			done(answer)
		})
		if !inTime && answer != nil {
			late(answer)
		}
	})
	if err != nil && !timer.Stop() {
		return nil // done was called
	}
	return err
}

// lateTime is how long sendLate waits for a late answer. It is longer than a cluster needs to elect
// a new leader, which answers requests that the former leader left open.
const lateTime = time.Minute

// settle ends a request, unless it has already ended.
func (r *requestMux) settle(id string, m *nats.Msg) {
	if p := r.take(id); p != nil {
		p.done(m)
	}
}

// isNoResponders reports whether an answer comes from the server because nobody listens on the
// subject.
func isNoResponders(m *nats.Msg) bool {
	return m != nil && len(m.Data) == 0 && m.Header.Get("Status") == statusNobody
}

// take removes a request and returns it, or nil if it has already ended.
func (r *requestMux) take(id string) *pendingRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.waiting[id]
	if p != nil {
		p.timer.Stop()
		delete(r.waiting, id)
	}
	return p
}
