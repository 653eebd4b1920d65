package session

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core/wire"
)

// Without a tracer, what is called for each message allocates nothing.
func TestNoTracesCostNothing(t *testing.T) {
	var traces *requestTraces
	f := &wire.ClientFrame{Id: 7, Send: &wire.Send{Peer: "bob"}}
	answer := &wire.ServerFrame{Sent: &wire.Sent{}}
	ctx := context.Background()
	done := func(bool) {}
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		traces.begin(f)
		ctx = traces.withSpan(ctx, f.Id)
		done, _ = waiting(traces, f.Id, "nats ask_peer", done)
		traces.end(f.Id, answer)
		traces.dispatched(f)
	}))
}
