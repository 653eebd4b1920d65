package channel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// at is a member of the login "uid/lineage".
func at(gateway, uid, lineage string, revision uint64) Member {
	return Member{UID: uid, Session: lineage, Lineage: lineage, Gateway: gateway, Revision: revision}
}

func enters(m Member, former uint64) Event { return Event{Member: m, Former: former} }

func leaves(gateway, uid string, revision, former uint64) Event {
	return Event{Member: Member{UID: uid, Gateway: gateway, Revision: revision}, Left: true, Former: former}
}

// told is what changes come to, as text.
func told(changes []change) (all []string) {
	names := map[changeKind]string{came: "+", left: "-", displaced: "displaced ", moved: "moved ", superseded: "superseded "}
	for _, c := range changes {
		all = append(all, fmt.Sprint(names[c.kind], c.member.UID, "@", c.member.Gateway, " ", c.count))
	}
	return all
}

func rosterOf(members ...Member) roster {
	r := newRoster()
	for _, m := range members {
		r.members[m.UID] = m
	}
	return r
}

func TestRosterAppliesEvents(t *testing.T) {
	ada := at("g", "ada", "a", 5)
	for name, c := range map[string]struct {
		before []Member
		event  Event
		told   []string
		missed bool
	}{
		"the first comes": {nil, enters(ada, 0), []string{"+ada@g 1"}, false},
		"one comes again before its leaving expires":  {nil, enters(ada, 4), []string{"+ada@g 1"}, false},
		"one comes that is known":                     {[]Member{ada}, enters(ada, 0), nil, false},
		"an older event of one":                       {[]Member{ada}, leaves("g", "ada", 4, 3), nil, false},
		"one leaves":                                  {[]Member{ada}, leaves("g", "ada", 6, 5), []string{"-ada@g 0"}, false},
		"one leaves who is not known":                 {nil, leaves("g", "ada", 6, 5), nil, false},
		"one leaves, and what came between is missed": {[]Member{ada}, leaves("g", "ada", 9, 8), []string{"-ada@g 0"}, true},
		"one enters again, the leaving is missed":     {[]Member{ada}, enters(at("g", "ada", "a2", 9), 0), []string{"displaced ada@g 0", "+ada@g 1"}, true},
		"a next session at the same gateway":          {[]Member{ada}, enters(at("g", "ada", "a", 6), 5), []string{"moved ada@g 1"}, false},
		"a next session at another gateway":           {[]Member{ada}, enters(at("h", "ada", "a", 6), 0), []string{"moved ada@h 1", "superseded ada@g 1"}, false},
		"another login elsewhere":                     {[]Member{ada}, enters(at("h", "ada", "b", 6), 0), []string{"displaced ada@g 0", "+ada@h 1", "superseded ada@g 1"}, false},
		"a late event of where one was before":        {[]Member{at("h", "ada", "b", 6)}, enters(ada, 0), nil, false},
		"a superseded one leaves":                     {[]Member{at("h", "ada", "b", 6)}, leaves("g", "ada", 7, 5), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := rosterOf(c.before...)
			changes, missed := r.apply(c.event)
			assert.Equal(t, c.told, told(changes))
			assert.Equal(t, c.missed, missed)
		})
	}
}

func TestRosterTakesSnapshots(t *testing.T) {
	ada, bob := at("g", "ada", "a", 5), at("g", "bob", "b", 6)
	upTo := func(revision uint64) func(string, uint64) bool {
		return func(_ string, r uint64) bool { return r <= revision }
	}
	for name, c := range map[string]struct {
		before, now []Member
		upTo        uint64
		told        []string
	}{
		"the first":             {nil, []Member{bob, ada}, 6, []string{"+ada@g 1", "+bob@g 2"}},
		"no difference":         {[]Member{ada, bob}, []Member{ada, bob}, 6, nil},
		"one left, one came":    {[]Member{ada}, []Member{bob}, 6, []string{"-ada@g 0", "+bob@g 1"}},
		"one came after it":     {[]Member{ada, bob}, []Member{ada}, 5, nil},
		"one entered after it":  {[]Member{at("g", "ada", "a", 9)}, []Member{ada}, 5, nil},
		"one moved":             {[]Member{ada}, []Member{at("h", "ada", "a", 7)}, 7, []string{"moved ada@h 1", "superseded ada@g 1"}},
		"one is moving":         {nil, []Member{at("h", "ada", "a", 7), ada}, 7, []string{"superseded ada@g 0", "+ada@h 1"}},
		"one is moving, known":  {[]Member{at("h", "ada", "a", 7)}, []Member{at("h", "ada", "a", 7), ada}, 7, []string{"superseded ada@g 1"}},
		"another login instead": {[]Member{ada}, []Member{at("g", "ada", "b", 7)}, 7, []string{"displaced ada@g 0", "+ada@g 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := rosterOf(c.before...)
			assert.Equal(t, c.told, told(r.replace(Snapshot{Members: c.now, Covers: upTo(c.upTo)})))
		})
	}
}

func TestRosterDropsAGateway(t *testing.T) {
	r := rosterOf(at("g", "ada", "a", 5), at("h", "bob", "b", 6), at("g", "eve", "e", 4), at("g", "back", "x", 8))
	assert.Equal(t, []string{"-eve@g 3", "-ada@g 2"}, told(r.dropGateway("g", 7)))
	assert.Contains(t, r.members, "back", "it entered after the gateway was gone")
}

// Whatever events get lost, and whenever a snapshot is taken: after it, the roster is what the engine has.
func TestRosterComesRight(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		truth := map[string]Member{} // by gateway and uid
		var events []Event
		r := newRoster()
		revision := uint64(0)
		snapshotAt := random.IntN(30)
		for i := range 30 {
			uid, gateway := string('a'+rune(random.IntN(3))), string('g'+rune(random.IntN(2)))
			key := gateway + uid
			revision++
			former := truth[key].Revision
			var e Event
			if former != 0 && random.IntN(2) == 0 {
				delete(truth, key)
				e = leaves(gateway, uid, revision, former)
			} else {
				for k, m := range truth { // whoever enters elsewhere has what is superseded removed
					if m.UID == uid && k != key {
						delete(truth, k)
						events = append(events, leaves(m.Gateway, uid, revision, m.Revision))
						revision++
					}
				}
				e = enters(at(gateway, uid, fmt.Sprint("l", random.IntN(2)), revision), former)
				truth[key] = e.Member
			}
			events = append(events, e)
			if i == snapshotAt {
				upTo := revision
				var s Snapshot
				for _, m := range truth {
					s.Members = append(s.Members, m)
				}
				s.Covers = func(_ string, revision uint64) bool { return revision <= upTo }
				for _, e := range events {
					if random.IntN(3) > 0 { // the others are lost
						r.apply(e)
					}
				}
				r.replace(s)
				events = nil
			}
		}
		for _, e := range events {
			r.apply(e)
		}
		want := map[string]Member{}
		for _, m := range truth {
			want[m.UID] = m
		}
		assert.Equal(t, want, r.members)
	}
}
