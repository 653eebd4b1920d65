package gateway_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
	"rtmwasm/gateway/natsengine"
)

// deaf is an engine that does not hear who leaves, until it is told to look after them. Its list
// of members misses all of them, as if all were written again during the list.
type deaf struct {
	*natsengine.Engine
	returned  func()                        // of RegisterGateway
	confirmed func(uid string, member bool) // called before IsMember returns
	came      func(gateway.MemberEvent)     // called after a member came
	failures  chan error                    // what IsMember fails with, one a call
}

func (e *deaf) RegisterGateway(ctx context.Context, id string, lapsed, returned func()) error {
	e.returned = returned
	return e.Engine.RegisterGateway(ctx, id, lapsed, returned)
}

func (e *deaf) WatchMembers(ctx context.Context, apply func(gateway.MemberEvent)) error {
	return e.Engine.WatchMembers(ctx, func(event gateway.MemberEvent) {
		if !event.Gone {
			apply(event)
			e.came(event)
		}
	})
}

func (e *deaf) PresentMembers(ctx context.Context) (func(gateway.Room, string) bool, uint64, error) {
	_, upTo, err := e.Engine.PresentMembers(ctx)
	return func(gateway.Room, string) bool { return false }, upTo, err
}

func (e *deaf) IsMember(ctx context.Context, room gateway.Room, uid string) (bool, error) {
	select {
	case err := <-e.failures:
		return false, err
	default:
	}
	member, err := e.Engine.IsMember(ctx, room, uid)
	if err == nil {
		e.confirmed(uid, member)
	}
	return member, err
}

// After the engine could not be reached, those who left are removed. Those whom the list of
// members misses stay, and so do those who enter again while they are looked up.
func TestOnlyGhostsAreRemoved(t *testing.T) {
	engine := newEngine(t)
	room := gateway.Room{App: appA, Channel: "room"}
	enter := func(uid string) gateway.Member {
		m := gateway.Member{Room: room, UID: uid, Session: "s", Gateway: "far", Line: "l", Entry: 1}
		_, err := engine.Enter(t.Context(), m)
		require.NoError(t, err)
		return m
	}
	came := make(chan string, 100)
	again := false
	e := &deaf{Engine: engine, failures: make(chan error, 1), came: func(event gateway.MemberEvent) { came <- event.UID }}
	e.confirmed = func(uid string, member bool) {
		if uid == "back" && !member && !again {
			again = true
			enter("back")
			for <-came != "back" {
			}
		}
	}
	near := newHouse(t, engine, func(c *gateway.Config) { c.Engine = e })
	ada := near.login("ada")
	ada.join("room")
	for _, uid := range []string{"ghost", "back", "there"} {
		m := enter(uid)
		for <-came != uid {
		}
		if uid != "there" {
			require.NoError(t, engine.Exit(t.Context(), m))
		}
	}
	require.ElementsMatch(t, []string{"ada", "ghost", "back", "there"}, ada.members("room"), "it hears of no exit")
	e.failures <- context.DeadlineExceeded // it tries again
	e.returned()
	assert.Empty(t, e.failures)
	assert.True(t, again)
	assert.ElementsMatch(t, []string{"ada", "back", "there"}, ada.members("room"))
}
