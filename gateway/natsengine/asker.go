package natsengine

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// asker sends requests without a goroutine waiting for each answer, so that requests
// of one caller can follow each other at once and in order.
type asker struct {
	nc    *nats.Conn
	inbox string // prefix of the answers' subjects

	mu      sync.Mutex // guards the rest
	next    uint64
	waiting map[string]*question
}

type question struct {
	done  func(*nats.Msg)
	timer *time.Timer
}

func newAsker(nc *nats.Conn) (*asker, error) {
	a := &asker{nc: nc, inbox: nc.NewInbox() + ".", waiting: map[string]*question{}}
	_, err := nc.Subscribe(a.inbox+"*", func(m *nats.Msg) {
		a.settle(strings.TrimPrefix(m.Subject, a.inbox), m)
	})
	return a, err
}

// ask calls done once: with the answer, which nobody tells apart from "nobody listens on
// subject", or with nil when none came in time.
func (a *asker) ask(subject string, data []byte, timeout time.Duration, done func(*nats.Msg)) error {
	a.mu.Lock()
	a.next++
	id := strconv.FormatUint(a.next, 36)
	a.waiting[id] = &question{done: done, timer: time.AfterFunc(timeout, func() { a.settle(id, nil) })}
	a.mu.Unlock()
	err := a.nc.PublishRequest(subject, a.inbox+id, data)
	if err != nil {
		a.take(id)
	}
	return err
}

func (a *asker) settle(id string, m *nats.Msg) {
	q := a.take(id)
	if q != nil {
		q.done(m)
	}
}

// answer settles a question that was asked here; false when it was asked elsewhere.
func (a *asker) answer(inbox string, data []byte) (here bool) {
	id, here := strings.CutPrefix(inbox, a.inbox)
	if here {
		a.settle(id, &nats.Msg{Subject: inbox, Data: data})
	}
	return here
}

// nobody reports whether an answer is the server's: that nobody listens.
func nobody(m *nats.Msg) bool {
	return m != nil && len(m.Data) == 0 && m.Header.Get("Status") == "503"
}

func (a *asker) take(id string) *question {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.waiting[id]
	if q != nil {
		q.timer.Stop()
		delete(a.waiting, id)
	}
	return q
}
