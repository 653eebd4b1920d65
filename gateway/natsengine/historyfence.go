package natsengine

import (
	"context"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// historyFence waits until the history has what was sent to channels before. A message reaches
// those who listen sooner than the history has it: who begins to listen between, and reads
// the history at once, would miss it. So a mark is written to the history first, behind all that
// has arrived there. One mark does for all who wait when it is sent.
type historyFence struct {
	mu      sync.Mutex // guards the rest
	waiting []chan<- struct{}
	running bool // a goroutine writes marks
}

// passHistoryFence returns when the history has what was sent to channels before the call, or cannot
// tell in time, or when ctx ends.
func (e *Engine) passHistoryFence(ctx context.Context) {
	f := &e.fence
	passed := make(chan struct{})
	f.mu.Lock()
	f.waiting = append(f.waiting, passed)
	if !f.running {
		f.running = true
		e.background.Go(e.writeHistoryMarks)
	}
	f.mu.Unlock()
	select {
	case <-passed:
	case <-ctx.Done():
	}
}

// writeHistoryMarks writes one mark after another while somebody waits.
func (e *Engine) writeHistoryMarks() {
	f := &e.fence
	_, gateway, _ := strings.Cut(e.requests.inbox, ".")
	subject := channelSubject + "fence." + strings.TrimSuffix(gateway, ".")
	for {
		f.mu.Lock()
		waiting := f.waiting
		f.waiting = nil
		f.running = waiting != nil
		f.mu.Unlock()
		if waiting == nil {
			return
		}
		written := make(chan struct{})
		if err := e.requests.send(subject, nil, captureTimeout, func(*nats.Msg) { close(written) }); err == nil {
			<-written // also when the time is over
		}
		for _, passed := range waiting {
			close(passed)
		}
	}
}
