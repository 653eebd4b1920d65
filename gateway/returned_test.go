package gateway_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/natsengine"
)

// lossy is an engine that does not notify sessions of offline messages, and counts how many read them.
type lossy struct {
	*natsengine.Engine
	returned func()

	mu            sync.Mutex // guards the rest
	counting      bool
	reading, most int
}

// mayRead is how many sessions the gateway looks after at the same time.
const mayRead = 32

func (e *lossy) RegisterGateway(ctx context.Context, id string, lapsed, returned func()) error {
	e.returned = returned
	return e.Engine.RegisterGateway(ctx, id, lapsed, returned)
}

func (e *lossy) NotifyMail(id.User) error { return nil }

func (e *lossy) ReadMail(ctx context.Context, user id.User, after uint64, most int) ([]mailbox.Mail, error) {
	e.mu.Lock()
	counting := e.counting
	if counting {
		e.reading++
		e.most = max(e.most, e.reading)
	}
	e.mu.Unlock()
	if counting {
		time.Sleep(time.Second) // the others would come meanwhile
		defer func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.reading--
		}()
	}
	return e.Engine.ReadMail(ctx, user, after, most)
}

// After a gap every session's mailbox is read, a few at the same time, and what is there comes.
func TestMailboxesAreReadAFewAtATimeAfterAGap(t *testing.T) {
	engine := &lossy{Engine: newEngine(t)}
	h := newHouse(t, engine.Engine, func(c *gateway.Config) { c.Engine = engine })
	clients := make([]*client, mayRead+8)
	for i := range clients {
		clients[i] = h.login(fmt.Sprint("u", i))
	}
	ada := h.login("ada")
	for i, c := range clients {
		ada.send(toPeer(fmt.Sprint("u", i), "hi"))
		c.delivery() // live messages wait until the mailbox was read for the first time
	}
	last := len(clients) - 1
	missed := make(chan error, 1)
	frame, err := (&wire.ServerFrame{Delivery: &wire.Delivery{From: "ada", Message: text("missed"), Offline: true}}).MarshalVT()
	require.NoError(t, err)
	require.NoError(t, engine.AppendMail(id.User{App: appA, ID: fmt.Sprint("u", last)}, "ada", frame, func(err error) { missed <- err }))
	require.NoError(t, <-missed)

	engine.mu.Lock()
	engine.counting = true
	engine.mu.Unlock()
	engine.returned()
	d := clients[last].delivery()
	assert.Equal(t, "missed", d.Message.Text)
	assert.True(t, d.Offline)
	engine.mu.Lock()
	defer engine.mu.Unlock()
	// The one that has a message reads on, in a goroutine of its own.
	assert.LessOrEqual(t, engine.most, mayRead+1)
}
