package natsengine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// fence makes sure of what each gateway has sent to channels, and to whom it sends.
//
// A server of a cluster answers for itself. When it has taken a subscription, it tells the others,
// which go on for a moment without it. And what a gateway sends to a channel goes to the listeners
// and to the history on ways of their own, either of which may be the faster one. So nothing that
// a gateway asks of its own server or of the history shows that it will get, or that the history
// has, what another gateway sends.
//
// The senders can show it, because messages between two servers keep their order, and so do
// subscriptions among them. A question to a gateway arrives behind the subscriptions that were made
// before: what that gateway sends from then on reaches them. A mark that it writes to the history
// arrives there behind all that it has sent. Where the server is embedded, one connection carries
// all of that in its order, and a mark alone does.
//
// A gateway that does not answer is gone, or it hangs. What it sent and was not told to be stored,
// it has not confirmed to its clients: they send it again.
type fence struct {
	listeners coalescer // asks the gateways
	history   coalescer // asks them to write a mark before they answer
	marks     coalescer // writes a mark

	mu     sync.Mutex      // guards the rest
	silent map[string]bool // gateways that did not answer the last question in time: they are not waited for
}

// fenceSubject is where a gateway is asked, before its id. wantMark in the question has it write a mark.
const (
	fenceSubject = "rtm.fence."
	wantMark     = "mark"
)

// fenceTimeout is how long an answer is waited for. It leaves time for the rest of what opTimeout bounds.
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

// pass returns when a call that begins now has ended.
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

// answerFences has a gateway of this engine answer the others.
func (e *Engine) answerFences(gatewayID string) (stop func(), err error) {
	return e.dispatcher.subscribe(fenceSubject+gatewayID, func(m *nats.Msg) {
		answer := func(error) { _ = m.Respond(nil) } // on failure the asker goes on after its timeout
		switch {
		case string(m.Data) != wantMark:
			answer(nil)
		case !e.isClosing():
			e.fence.marks.ask(&e.background, answer)
		}
	})
}

// askGateways asks all gateways, this one among them, and waits for their answers.
func (e *Engine) askGateways(question string) error {
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	registered, _, err := e.members.read(ctx, registeredKey+"*", e.members.acked.Load())
	if err != nil {
		return fmt.Errorf("list the gateways: %w", err)
	}
	answers := make(chan struct{}, len(registered))
	expected := 0
	for _, r := range registered {
		id := strings.TrimPrefix(r.key, registeredKey)
		awaited := !e.fence.isSilent(id)
		err := e.requests.send(fenceSubject+id, []byte(question), fenceTimeout, func(answer *nats.Msg) {
			e.fence.note(id, answer == nil)
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

func (f *fence) note(gateway string, silent bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if silent {
		f.silent[gateway] = true
	} else {
		delete(f.silent, gateway)
	}
}

// forget has all gateways waited for again: those that did not answer may not have been asked, because
// this gateway's connection was lost.
func (f *fence) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.silent)
}

// writeMark returns when the history has what this engine has sent to channels, or does not answer in time.
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
