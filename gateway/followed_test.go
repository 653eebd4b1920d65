package gateway_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/natsengine"
)

// staged is an engine whose look-ups and news of presence come when a test lets them.
type staged struct {
	*natsengine.Engine
	look func(found []gateway.Sighting) // called before a look-up returns
	news func(gateway.Sighting, func(gateway.Sighting))
}

func (e *staged) Reach(ctx context.Context, users []gateway.User) ([]gateway.Sighting, error) {
	found, err := e.Engine.Reach(ctx, users)
	e.look(found)
	return found, err
}

func (e *staged) WatchReach(ctx context.Context, apply func(gateway.Sighting)) error {
	return e.Engine.WatchReach(ctx, func(s gateway.Sighting) { e.news(s, apply) })
}

func newStagedHouse(t *testing.T, e *staged) *house {
	return newHouse(t, e.Engine, func(c *gateway.Config) { c.Engine = e })
}

// What comes while a user is looked up for the first time is in the answer, and is not told
// ahead of it.
func TestNewsDuringALookUp(t *testing.T) {
	engine := newEngine(t)
	far := newHouse(t, engine)
	heard := make(chan string, 100)
	near := newStagedHouse(t, &staged{Engine: engine,
		look: func([]gateway.Sighting) {
			far.login("bob")
			for <-heard != "bob" {
			}
		},
		news: func(s gateway.Sighting, apply func(gateway.Sighting)) { apply(s); heard <- s.User.ID },
	})
	ada := near.login("ada")
	assert.Equal(t, []wire.Presence_State{online}, ada.presence(subscribe, "bob"))
	ada.nothingPushed()
}

// Of two who look a user up at the same time, the one who found the older state learns the
// newer one too.
func TestTwoLookUps(t *testing.T) {
	engine := newEngine(t)
	far := newHouse(t, engine)
	looking, first, second, news := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan struct{})
	gates := make(chan chan struct{}, 2)
	gates <- first
	gates <- second
	near := newStagedHouse(t, &staged{Engine: engine,
		look: func(s []gateway.Sighting) {
			gate := <-gates
			looking <- struct{}{}
			<-gate
			if latest, err := engine.Reach(t.Context(), []gateway.User{s[0].User}); err == nil {
				copy(s, latest)
			}
		},
		news: func(s gateway.Sighting, apply func(gateway.Sighting)) { <-news; apply(s) },
	})
	ada, eve := near.login("ada"), near.login("eve")
	for _, c := range []*client{ada, eve} {
		f := presenceRequest(subscribe, "bob")
		c.lastID++
		f.Id = c.lastID
		c.send(f)
		<-looking
	}
	close(first)
	require.NotNil(t, ada.answer(1).Presence)
	far.login("bob")
	close(second)
	require.NotNil(t, eve.answer(1).Presence)
	close(news)
	assert.Equal(t, "bob ONLINE", ada.news())
}
