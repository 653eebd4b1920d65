package channel

import (
	"cmp"
	"slices"
)

// roster is who is in a channel. It has no lock and calls nobody: events and snapshots go in, what
// there is to tell comes out.
type roster struct {
	members map[string]Member // by uid: where the user entered last
}

// change is what an event or a snapshot did to one member.
type change struct {
	kind   kind
	member Member // as it is after the change; of one who left, as it was
	count  int    // members after the change
}

type kind int

const (
	came      kind = iota
	left           // and is gone
	displaced      // left, and another login of the user takes the place
	moved          // the same for all others, in another session or at another gateway

	// superseded is what the member was at another gateway, from where it moved or was
	// displaced. Its record is there until somebody removes it.
	superseded
)

func newRoster() roster { return roster{members: map[string]Member{}} }

// apply takes an event in. missed reports that an earlier event of the same user did not come, so
// that those of others may be missing too.
func (r *roster) apply(e Event) (changes []change, missed bool) {
	now, known := r.members[e.UID]
	here := known && now.Gateway == e.Gateway
	if known && e.Revision <= now.Revision || e.Left && !here {
		return nil, false // older than what is known, or of a superseded member
	}
	purged := e.Left && e.Former == 0 // before the member left, with others of its gateway
	missed = here && e.Former != now.Revision && !purged
	if e.Left {
		return r.remove(nil, now, left), missed
	}
	return r.put(nil, e.Member), missed
}

func (r *roster) remove(changes []change, m Member, as kind) []change {
	delete(r.members, m.UID)
	return append(changes, change{kind: as, member: m, count: len(r.members)})
}

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

// replace takes a snapshot in: those who left come first, then the others in the order in which
// they entered.
func (r *roster) replace(s Snapshot) (changes []change) {
	slices.SortFunc(s.Members, func(a, b Member) int { return cmp.Compare(a.Revision, b.Revision) })
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
	slices.SortFunc(gone, func(a, b Member) int { return cmp.Compare(a.Revision, b.Revision) })
	for _, m := range gone {
		changes = r.remove(changes, m, left)
	}
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

// dropGateway removes the members that entered at a gateway, up to a revision.
func (r *roster) dropGateway(gateway string, upTo uint64) (changes []change) {
	var gone []Member
	for _, m := range r.members {
		if m.Gateway == gateway && m.Revision <= upTo {
			gone = append(gone, m)
		}
	}
	slices.SortFunc(gone, func(a, b Member) int { return cmp.Compare(a.Revision, b.Revision) })
	for _, m := range gone {
		changes = r.remove(changes, m, left)
	}
	return changes
}
