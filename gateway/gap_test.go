package gateway_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/natsengine"
)

// deaf is an engine that does not hear of changes of members while told so.
type deaf struct {
	*natsengine.Engine
	returned func() // of RegisterGateway
	deaf     atomic.Bool
	missed   chan channel.Event // what it did not hear
	failures chan error         // what Members fails with, one a call
}

func (e *deaf) RegisterGateway(ctx context.Context, id string, lapsed, returned func()) error {
	e.returned = returned
	return e.Engine.RegisterGateway(ctx, id, lapsed, returned)
}

func (e *deaf) FollowMembers(id channel.ID, apply func(channel.Event)) (func(), error) {
	return e.Engine.FollowMembers(id, func(event channel.Event) {
		if e.deaf.Load() {
			e.missed <- event
			return
		}
		apply(event)
	})
}

// misses waits until changes of these users were not heard, in any order. What the one here did before it was
// deaf may be among what it does not hear.
func (e *deaf) misses(uids ...string) {
	for len(uids) > 0 {
		missed := (<-e.missed).UID
		uids = slices.DeleteFunc(uids, func(uid string) bool { return uid == missed })
	}
}

func (e *deaf) Members(ctx context.Context, id channel.ID, atLeast uint64) (channel.Snapshot, error) {
	select {
	case err := <-e.failures:
		return channel.Snapshot{}, err
	default:
	}
	return e.Engine.Members(ctx, id, atLeast)
}

// After the engine could not be reached, the members here are told who left and who came meanwhile,
// and nothing of those who stayed.
func TestAGapInTheChangesOfMembersIsMadeUpFor(t *testing.T) {
	engine := newEngine(t)
	e := &deaf{Engine: engine, missed: make(chan channel.Event, 8), failures: make(chan error, 1)}
	near, far := newHouse(t, engine, func(c *gateway.Config) { c.Engine = e }), newHouse(t, engine)
	ada, bob, eve := near.login("ada"), far.login("bob"), far.login("eve")
	bob.join("room")
	eve.join("room")
	assert.Equal(t, 3, ada.join("room"))
	e.deaf.Store(true)
	bob.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "room"}})
	assertChange(t, eve.change(), "ada", true, 3)
	assertChange(t, eve.change(), "bob", false, 2)
	far.login("max").join("room")
	assertChange(t, eve.change(), "max", true, 3)
	ada.nothingPushed()

	e.misses("bob", "max")
	e.deaf.Store(false)
	e.failures <- errors.New("not yet") // it tries again
	e.returned()
	assert.Empty(t, e.failures)
	assertChange(t, ada.change(), "bob", false, 2)
	assertChange(t, ada.change(), "max", true, 3)
	ada.nothingPushed()
	assert.ElementsMatch(t, []string{"ada", "eve", "max"}, ada.members("room"))
}

// A change that tells of an earlier one that did not come has all members read again.
func TestAMissedChangeOfMembersIsNoticed(t *testing.T) {
	engine := newEngine(t)
	e := &deaf{Engine: engine, missed: make(chan channel.Event, 8)}
	near, far := newHouse(t, engine, func(c *gateway.Config) { c.Engine = e }), newHouse(t, engine)
	ada, bob, eve := near.login("ada"), far.login("bob"), far.login("eve")
	bob.join("room")
	eve.join("room")
	ada.join("room")
	e.deaf.Store(true)
	eve.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "room"}})
	bob.send(&wire.ClientFrame{Leave: &wire.Leave{Channel: "room"}})
	e.misses("eve", "bob") // nobody answers a Leave
	max := far.login("max")
	require.Equal(t, 2, max.join("room"), "ada is there")
	e.misses("max")
	e.deaf.Store(false)
	bob.join("room") // who has been there all the time, as far as near knows
	assertChange(t, ada.change(), "eve", false, 2)
	assertChange(t, ada.change(), "max", true, 3)
	ada.nothingPushed()
	assert.ElementsMatch(t, []string{"ada", "bob", "max"}, ada.members("room"))
}
