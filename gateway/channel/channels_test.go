package channel

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inRoom runs a test on a clock of its own, with Channels of the gateway "here". log is what they
// log.
func inRoom(t *testing.T, test func(t *testing.T, cs *Channels, e *engine, log *bytes.Buffer)) {
	synctest.Test(t, func(t *testing.T) {
		e := &engine{members: map[string]Member{}}
		log := &bytes.Buffer{}
		cs, err := New(Config{
			Gateway: "here",
			Engine:  e,
			Logger:  slog.New(slog.NewTextHandler(log, nil)),
			Retry:   func(_ string, _ Member, f func() error) { assert.NoError(t, f()) },
		})
		require.NoError(t, err)
		defer cs.Close()
		test(t, cs, e, log)
	})
}

// joined has a user join, whose answer is the list of members.
func joined(t *testing.T, cs *Channels, uid string) (*session, *Membership) {
	s := &session{uid: uid}
	m := cs.Join(t.Context(), s, room.Channel, 1, 0)
	require.NoError(t, m.Wait())
	require.Len(t, s.heard(), 1)
	return s, m
}

// elsewhere is a member of another gateway.
func elsewhere(uid string) Member {
	return Member{UID: uid, Session: uid, Lineage: uid, Gateway: "elsewhere"}
}

func TestJoinAndLeave(t *testing.T) {
	inRoom(t, func(t *testing.T, cs *Channels, e *engine, _ *bytes.Buffer) {
		ada, _ := joined(t, cs, "ada")
		bob := &session{uid: "bob"}
		m := cs.Join(t.Context(), bob, room.Channel, 1, 0)
		require.NoError(t, m.Wait())
		assert.Equal(t, []string{"joined [ada bob]"}, bob.heard())
		assert.Equal(t, []string{"bob true"}, ada.heard())
		e.enter(elsewhere("eve"))
		assert.Equal(t, []string{"eve true"}, ada.heard())
		cs.Leave(m)
		assert.Equal(t, []string{"bob false"}, ada.heard())
		assert.Equal(t, []string{"eve true"}, bob.heard())
	})
}

// A join is answered once: where its member comes while the read for it fails, it is in.
func TestAMemberWhoComesDuringAReadThatFails(t *testing.T) {
	inRoom(t, func(t *testing.T, cs *Channels, e *engine, _ *bytes.Buffer) {
		joined(t, cs, "ada")
		var late Event
		e.onEnter = func(m Member) (uint64, error) {
			e.silent = true
			late = e.enter(m)
			e.silent = false
			return late.Revision, nil
		}
		e.onMembers = func() (Snapshot, error) {
			e.tell(late)
			return Snapshot{}, errDown
		}
		bob := &session{uid: "bob"}
		m := cs.Join(t.Context(), bob, room.Channel, 1, 0)
		require.NoError(t, m.Wait())
		assert.Equal(t, []string{"joined [ada bob]"}, bob.heard())
		assert.Empty(t, e.left)
		assert.Contains(t, e.members, "here bob")
	})
}

// A join that fails is answered so, and its member is removed.
func TestAJoinThatFails(t *testing.T) {
	for name, fail := range map[string]func(e *engine){
		"at the subscription": func(e *engine) { e.onListen = func() error { return errDown } },
		"at entering":         func(e *engine) { e.onEnter = func(Member) (uint64, error) { return 0, errDown } },
		"at the snapshot":     func(e *engine) { e.onMembers = func() (Snapshot, error) { return Snapshot{}, errDown } },
		"after entering": func(e *engine) {
			e.onEnter = func(m Member) (uint64, error) {
				e.silent = true
				defer func() { e.silent = false }()
				e.enter(m)
				return 0, errDown
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inRoom(t, func(t *testing.T, cs *Channels, e *engine, _ *bytes.Buffer) {
				fail(e)
				ada := &session{uid: "ada"}
				m := cs.Join(t.Context(), ada, room.Channel, 1, 0)
				require.ErrorIs(t, m.Wait(), errDown)
				assert.Equal(t, []string{"failed: the engine is down"}, ada.heard())
				assert.Equal(t, []string{"ada"}, e.left)
				assert.Empty(t, e.members)
				assert.Empty(t, cs.list())
			})
		})
	}
}

// After a subscription failed, the next join subscribes again, also while one is under way that
// waited for the first.
func TestASubscriptionIsTriedAgain(t *testing.T) {
	inRoom(t, func(t *testing.T, cs *Channels, e *engine, _ *bytes.Buffer) {
		answers := make(chan error, 1)
		e.onListen = func() error { return <-answers }
		ada := cs.Join(t.Context(), &session{uid: "ada"}, room.Channel, 1, 0)
		synctest.Wait()
		cs.admit(&Membership{session: &session{uid: "eve"}, number: cs.last.Add(1)}, room) // who has not got to it yet
		answers <- errDown
		require.ErrorIs(t, ada.Wait(), errDown)
		bob := cs.Join(t.Context(), &session{uid: "bob"}, room.Channel, 1, 0)
		answers <- nil
		require.NoError(t, bob.Wait())
	})
}

// A snapshot or a change from before a gateway's end brings nobody back.
func TestMembersOfADeadGatewayStayAway(t *testing.T) {
	inRoom(t, func(t *testing.T, cs *Channels, e *engine, _ *bytes.Buffer) {
		ada, m := joined(t, cs, "ada")
		e.silent = true
		e.enter(elsewhere("eve"))
		late := e.enter(elsewhere("max"))
		e.silent = false
		before := e.snapshot()
		before.Covers = func(string, uint64) bool { return false }
		e.onMembers = func() (Snapshot, error) {
			e.gone("elsewhere", late.Revision)
			e.tell(late)
			return before, nil
		}
		require.NoError(t, m.channel.refresh(t.Context(), 0))
		assert.Empty(t, ada.heard())
		e.onMembers = nil
		e.enter(elsewhere("eve")) // when the gateway is back
		assert.Equal(t, []string{"eve true"}, ada.heard())
	})
}

// Members who leave a gateway that was taken for dead are purged by then: nothing was missed.
func TestLeavingAfterAPurge(t *testing.T) {
	inRoom(t, func(t *testing.T, cs *Channels, e *engine, log *bytes.Buffer) {
		ada, _ := joined(t, cs, "ada")
		bob := e.enter(elsewhere("bob")).Member
		assert.Equal(t, []string{"bob true"}, ada.heard())
		reads := 0
		e.onMembers = func() (Snapshot, error) {
			reads++
			return e.snapshot(), nil
		}
		delete(e.members, "elsewhere bob")
		require.NoError(t, e.Leave(t.Context(), bob))
		assert.Equal(t, []string{"bob false"}, ada.heard())
		assert.Zero(t, reads)
		assert.Empty(t, log.String())
	})
}

// A change that shows a gap has all read again; only where that fails, it is logged.
func TestAGapIsRepaired(t *testing.T) {
	inRoom(t, func(t *testing.T, cs *Channels, e *engine, log *bytes.Buffer) {
		ada, _ := joined(t, cs, "ada")
		bob := e.enter(elsewhere("bob")).Member
		assert.Equal(t, []string{"bob true"}, ada.heard())
		gap := func(missed string, fail error) {
			e.silent = true
			e.enter(bob)
			e.enter(elsewhere(missed))
			e.silent = false
			e.onMembers = func() (Snapshot, error) { return e.snapshot(), fail }
			e.enter(bob)
		}
		gap("eve", nil)
		assert.Equal(t, []string{"eve true"}, ada.heard())
		assert.Empty(t, log.String())
		gap("max", errDown)
		assert.Empty(t, ada.heard())
		assert.Contains(t, log.String(), "the engine is down")
	})
}

// What the engine may have lost is read again soon, also where that fails at first.
func TestLossesAreMadeUpFor(t *testing.T) {
	inRoom(t, func(t *testing.T, cs *Channels, e *engine, _ *bytes.Buffer) {
		ada, _ := joined(t, cs, "ada")
		e.silent = true
		e.enter(elsewhere("bob"))
		down := time.Now().Add(5 * time.Second)
		e.onMembers = func() (Snapshot, error) {
			if time.Now().Before(down) {
				return Snapshot{}, errDown
			}
			return e.snapshot(), nil
		}
		e.missed()
		e.missed()
		time.Sleep(recoverFirst/2 - 1)
		assert.Empty(t, ada.heard(), "not on all gateways at once")
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"bob true"}, ada.heard())
	})
}
