package channel

import (
	"cmp"
	"slices"
)

// roster is the members of a channel. It has no lock and calls nothing: it gets events and
// snapshots and returns what members must be told.
type roster struct {
	members map[string]Member // by uid: the user's latest join
}

// change is what an event or a snapshot changed about one member.
type change struct {
	kind   changeKind
	member Member // after the change; for left and displaced, before it
	count  int    // members after the change
}

type changeKind int

const (
	came changeKind = iota
	left
	displaced // left, because another login of the user replaces it
	moved     // continues in another session or at another gateway; others see no change

	// superseded is the member's former record at another gateway, after it moved or was displaced.
	// The record stays until somebody removes it.
	superseded
)

func newRoster() roster { return roster{members: map[string]Member{}} }

// apply applies an event. missed reports that an earlier event of this user was missed, so that
// events of others may be missing too.
func (r *roster) apply(e Event) (changes []change, missed bool) {
	now, known := r.members[e.UID]
	here := known && now.Gateway == e.Gateway
	if known && e.Revision <= now.Revision || e.Left && !here {
		return nil, false // older than the known state, or of a superseded member
	}
	purged := e.Left && e.Former == 0 // it was removed before, with the other members of its gateway
	missed = here && e.Former != now.Revision && !purged
	if e.Left {
		return r.remove(nil, now, left), missed
	}
	return r.put(nil, e.Member), missed
}

func (r *roster) remove(changes []change, m Member, as changeKind) []change {
	delete(r.members, m.UID)
	return append(changes, change{kind: as, member: m, count: len(r.members)})
}

// removeAll removes members in the order of their joins.
func (r *roster) removeAll(gone []Member) (changes []change) {
	slices.SortFunc(gone, byRevision)
	for _, m := range gone {
		changes = r.remove(changes, m, left)
	}
	return changes
}

func byRevision(a, b Member) int { return cmp.Compare(a.Revision, b.Revision) }

func (r *roster) put(changes []change, m Member) []change {
	former, known := r.members[m.UID]
	as := came
	switch {
	case known && former.Lineage == m.Lineage:
		as = moved
	case known:
		changes = r.remove(changes, former, displaced)
	}
	r.members[m.UID] = m
	changes = append(changes, change{kind: as, member: m, count: len(r.members)})
	if known && former.Gateway != m.Gateway {
		changes = append(changes, change{kind: superseded, member: former, count: len(r.members)})
	}
	return changes
}

// replace applies a snapshot. The changes begin with those who left; the others follow in the order
// of their joins.
func (r *roster) replace(s Snapshot) (changes []change) {
	slices.SortFunc(s.Members, byRevision)
	present := make(map[string]bool, len(s.Members))
	for _, m := range s.Members {
		present[m.UID] = true
	}
	var gone []Member
	for uid, m := range r.members {
		if !present[uid] && s.Covers(uid, m.Revision) {
			gone = append(gone, m)
		}
	}
	changes = r.removeAll(gone)
	latest := make(map[string]Member, len(s.Members))
	for _, m := range s.Members {
		latest[m.UID] = m
	}
	for _, m := range s.Members {
		switch now, known := r.members[m.UID]; {
		case m.Revision != latest[m.UID].Revision:
			changes = append(changes, change{kind: superseded, member: m, count: len(r.members)})
		case !known || now.Revision < m.Revision:
			changes = r.put(changes, m)
		}
	}
	return changes
}

// dropGateway removes the members of a gateway up to a revision.
func (r *roster) dropGateway(gateway string, upTo uint64) (changes []change) {
	var gone []Member
	for _, m := range r.members {
		if m.Gateway == gateway && m.Revision <= upTo {
			gone = append(gone, m)
		}
	}
	return r.removeAll(gone)
}
