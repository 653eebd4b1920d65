package natsengine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"rtmwasm/gateway/background"
)

// fence lets a gateway wait until all other gateways know of its subscriptions, and until the
// history has all that they sent to channels.
//
// Neither can be asked of a gateway's own NATS server. That server tells the other servers of a
// subscription, and for a moment they do not know it. And a channel message takes different ways to
// the listeners and to the history, either of which may be faster.
//
// The sending gateways can answer. Between two servers, messages and subscriptions keep their
// order. So a question to a gateway arrives after the subscriptions that were made before, and
// these subscriptions receive all that the gateway sends later. A mark that the gateway writes to
// the history arrives there after all that it has sent. With an embedded server, one connection
// carries everything in order, and a mark is enough.
//
// A gateway that does not answer has died or hangs. It has not confirmed to its clients what is not
// stored yet, so they send it again.
type fence struct {
	listeners coalescer // asks all gateways
	history   coalescer // asks all gateways to write a mark first
	marks     coalescer // writes a mark

	mu     sync.Mutex      // guards the rest
	silent map[string]bool // gateways that did not answer the last question in time: nobody waits for them
	losses int             // how often this gateway's connection was lost, see forget
}

// fenceSubject is the subject of questions to a gateway, before its id. A question that is wantMark
// asks it to write a mark.
const (
	fenceSubject = "rtm.fence."
	wantMark     = "mark"
)

// fenceTimeout is how long to wait for an answer. It leaves time for the rest of what opTimeout
// limits.
const fenceTimeout = 3 * time.Second

func (f *fence) open(e *Engine) {
	f.silent = map[string]bool{}
	f.marks.call = e.writeMark
	f.listeners.call = func() error { return e.askGateways("") }
	f.history.call = func() error { return e.askGateways(wantMark) }
	if e.embedded != nil {
		f.listeners.call = func() error { return nil }
		f.history.call = e.writeMark
	}
}

// look asks all gateways, and returns at once. It finds gateways that hang: later, when their clients
// come here, nobody waits for an answer of these gateways. It also finds those that answer again.
func (f *fence) look(e *Engine) { f.listeners.ask(&e.background, func(error) {}) }

// pass starts a call of a coalescer, and returns when a call that began after that has ended.
func (e *Engine) pass(ctx context.Context, c *coalescer) error {
	passed := make(chan error, 1)
	c.ask(&e.background, func(err error) { passed <- err })
	select {
	case err := <-passed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answerFences makes a gateway of this engine answer the questions of others.
func (e *Engine) answerFences(gatewayID string) (stop func(), err error) {
	return e.dispatcher.subscribe(fenceSubject+gatewayID, func(m *nats.Msg) {
		answer := func(error) { _ = m.Respond(nil) } // if this fails, the asking gateway continues after its timeout
		switch {
		case string(m.Data) != wantMark:
			answer(nil)
		case !e.isClosing():
			e.fence.marks.ask(&e.background, answer)
		}
	})
}

// askGateways asks all gateways, including this one, and waits for their answers.
func (e *Engine) askGateways(question string) error {
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	registered, _, err := e.members.read(ctx, registeredKey+"*", e.members.acked.Load())
	if err != nil {
		return fmt.Errorf("list the gateways: %w", err)
	}
	answers := make(chan struct{}, len(registered))
	expected, losses := 0, e.fence.lossesSoFar()
	for _, r := range registered {
		id := strings.TrimPrefix(r.key, registeredKey)
		awaited := !e.fence.isSilent(id)
		err := e.requests.send(fenceSubject+id, []byte(question), fenceTimeout, func(answer *nats.Msg) {
			e.fence.note(id, answer == nil, losses)
			if awaited {
				answers <- struct{}{}
			}
		})
		if err != nil {
			return fmt.Errorf("ask a gateway: %w", err)
		}
		if awaited {
			expected++
		}
	}
	for range expected {
		select {
		case <-answers:
		case <-e.closing:
			return nats.ErrConnectionClosed
		}
	}
	return nil
}

func (f *fence) isSilent(gateway string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.silent[gateway]
}

// note records whether a gateway has answered a question. If the connection was lost after the
// question was asked (losses is lower than now), a missing answer does not count: the question or
// the answer may have been lost.
func (f *fence) note(gateway string, silent bool, losses int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !silent:
		delete(f.silent, gateway)
	case losses == f.losses:
		f.silent[gateway] = true
	}
}

func (f *fence) lossesSoFar() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.losses
}

// forget makes askGateways wait for all gateways again. Those that did not answer may never have
// been asked, because this gateway's connection was lost.
func (f *fence) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.silent)
	f.losses++
}

// writeMark returns when the history has what this engine sent to channels, or does not answer in
// time.
func (e *Engine) writeMark() error {
	_, own, _ := strings.Cut(e.requests.inbox, ".")
	subject := channelSubject + "fence." + strings.TrimSuffix(own, ".")
	written := make(chan struct{})
	if err := e.requests.send(subject, nil, captureTimeout, func(*nats.Msg) { close(written) }); err != nil {
		return fmt.Errorf("write a mark to the history: %w", err)
	}
	<-written
	return nil
}

// coalescer makes one call of a function for all callers that ask before it begins. It makes one
// call at a time.
type coalescer struct {
	call func() error

	mu      sync.Mutex // guards the rest
	waiting []func(error)
	running bool // a goroutine makes calls
}

// ask returns at once. It calls done with the result of a call that begins later.
func (c *coalescer) ask(work *background.Group, done func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, done)
	if !c.running {
		c.running = true
		work.Go(c.run)
	}
}

// run makes calls while callers wait for one.
func (c *coalescer) run() {
	for {
		c.mu.Lock()
		waiting := c.waiting
		c.waiting = nil
		c.running = waiting != nil
		c.mu.Unlock()
		if waiting == nil {
			return
		}
		err := c.call()
		for _, done := range waiting {
			done(err)
		}
	}
}
