package natsengine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

// Lists of records of a state come in pages, ordered by revision. A cursor is the revision up to
// which a caller has all records. A record that is written again during a listing moves behind the
// others, so it is listed twice rather than missed. A page may be read from a replica that lags by
// a moment.

// maxPage is how many records are read for a page.
const maxPage = 1024

// page returns at most the given number of records that match a filter and have a higher revision
// than after. Removed records count but are not returned. next is the cursor of the next page; more
// is false at the end.
func (s *state) page(ctx context.Context, filter string, after uint64, most int) (records []record, next uint64, more bool, err error) {
	messages, end, err := s.e.batchGet(ctx, s.name, nextOf{NextFor: s.records + filter, Batch: most, Seq: after + 1})
	if err != nil {
		return nil, after, false, err
	}
	next = after
	for _, m := range messages {
		r, err := s.readStored(m)
		if err != nil {
			return nil, after, false, err
		}
		next = r.revision
		if !r.gone {
			records = append(records, r)
		}
	}
	return records, next, len(messages) > 0 && end.Get(pendingHeader) != "0", nil
}

// Sessions returns at most the given number of sessions of an app behind a cursor, in no useful
// order. next is the cursor of the next page, 0 at the end. A page may have fewer sessions.
func (e *Engine) Sessions(ctx context.Context, app string, after uint64, most int) (page []session.Info, next uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	records, next, more, err := e.sessionState.page(ctx, app+".*", after, most)
	if err != nil {
		return nil, 0, fmt.Errorf("natsengine: list sessions: %w", err)
	}
	for _, r := range records {
		if info, ok := readSessionInfo(r); ok {
			page = append(page, info)
		}
	}
	return page, nextPage(next, more), nil
}

func nextPage(next uint64, more bool) uint64 {
	if !more {
		return 0
	}
	return next
}

func readSessionInfo(r record) (info session.Info, ok bool) {
	user, ok := parseUserKey(r.key)
	var v sessionEntry
	if !ok || json.Unmarshal(r.value, &v) != nil {
		return info, false
	}
	return session.Info{User: user, Session: v.Session, Gateway: v.Gateway, State: presenceEvent(user, r).State}, true
}

// Session returns a user's session, or session.ErrNoSession.
func (e *Engine) Session(ctx context.Context, user id.User) (session.Info, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	r, err := e.sessionState.last(ctx, userKey(user))
	if err != nil {
		return session.Info{}, fmt.Errorf("natsengine: look a session up: %w", err)
	}
	info, ok := readSessionInfo(r)
	if r.gone || !ok || info.State == presence.Offline {
		return info, session.ErrNoSession
	}
	return info, nil
}

// ChannelsOf returns the channels that a user is a member of.
func (e *Engine) ChannelsOf(ctx context.Context, user id.User) (names []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	filter := "*." + user.App + ".*." + memberHash(user.ID) + "." + token(user.ID)
	records, _, err := e.members.read(ctx, filter, e.members.acked.Load())
	if err != nil {
		return nil, fmt.Errorf("natsengine: list the channels of a user: %w", err)
	}
	seen := map[string]bool{} // a user who moves is at two gateways
	for _, r := range records {
		if m, ok := readMember(r); ok && !seen[m.Channel.Channel] {
			seen[m.Channel.Channel] = true
			names = append(names, m.Channel.Channel)
		}
	}
	return names, nil
}

// MemberPage returns user ids of members of a channel. Its cursors work like those of Sessions.
func (e *Engine) MemberPage(ctx context.Context, id channel.ID, after uint64, most int) (uids []string, next uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	records, next, more, err := e.members.page(ctx, "*."+channelKey(id)+".>", after, most)
	if err != nil {
		return nil, 0, fmt.Errorf("natsengine: list members: %w", err)
	}
	seen := map[string]bool{}
	for _, r := range records {
		if m, ok := readMember(r); ok && !seen[m.UID] {
			seen[m.UID] = true
			uids = append(uids, m.UID)
		}
	}
	return uids, nextPage(next, more), nil
}

// Channels returns channels of an app that have members. Its cursors work like those of Sessions.
// It reads the members, and lists a channel on the page where the channel's first member is. One
// request tells who that member is, and how many follow. A page that takes many requests ends
// early, so that it comes in time for any number of channels.
func (e *Engine) Channels(ctx context.Context, app string, after uint64, most int) (page []channel.Info, next uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	l := channelList{e: e, after: after, most: most, began: time.Now(), seen: map[channel.ID]bool{}}
	more := true
	for reads := 0; more && reads < maxReads; reads++ {
		var records []record
		records, next, more, err = e.members.page(ctx, "*."+app+".>", l.after, maxPage)
		if err == nil {
			err = l.add(ctx, records)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("natsengine: list channels: %w", err)
		}
		if l.ended() { // these records may have more channels
			return l.page, l.after, nil
		}
		l.after = next
	}
	return l.page, nextPage(next, more), nil
}

// maxReads is how often members are read for a page of channels. Many members may be in the same few
// channels, so a read may find no new channel.
const maxReads = 16

// maxLooks is how many channels are looked up for a page, including channels of earlier pages.
const maxLooks = 200

// channelList is a page of channels that is being read.
type channelList struct {
	e     *Engine
	after uint64 // the page has the channels of all members up to this revision
	most  int
	began time.Time
	looks int
	page  []channel.Info
	seen  map[channel.ID]bool
}

// ended reports whether the page is full or has taken too long. At least one channel is looked up,
// so that the next page begins further on.
func (l *channelList) ended() bool {
	return len(l.page) == l.most || l.looks == maxLooks || l.looks > 0 && time.Since(l.began) > opTimeout/2
}

// add adds the channels of members until the page has ended.
func (l *channelList) add(ctx context.Context, records []record) error {
	began := l.after
	for _, r := range records {
		if l.ended() {
			return nil
		}
		l.after = r.revision
		m, ok := readMember(r)
		if !ok || l.seen[m.Channel] {
			continue
		}
		l.seen[m.Channel] = true
		l.looks++
		n, err := l.e.membersFrom(ctx, m.Channel, began)
		if err != nil {
			return err
		}
		if n > 0 {
			l.page = append(l.page, channel.Info{ID: m.Channel, Members: n})
		}
	}
	return nil
}

// membersFrom returns how many members a channel has if its first member has a higher revision than
// after, else 0. If the channel's first member left a moment ago, its members are counted too: the
// page of that member may not have had the channel. The number may include members who left in the
// last second or two.
func (e *Engine) membersFrom(ctx context.Context, id channel.ID, after uint64) (n int, err error) {
	first, n, err := e.members.oldest(ctx, "*."+channelKey(id)+".>")
	switch {
	case err != nil || n == 0:
		return 0, err
	case first.gone:
		return n - 1, nil
	case first.revision <= after:
		return 0, nil
	}
	return n, nil
}
