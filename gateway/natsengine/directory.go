package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

// Lists of what is in a state come in pages, by revision: a cursor is the revision up to which a
// caller has everything. A record that is written again while somebody lists moves behind the
// others, so that it is seen twice rather than missed. A page may be read from a replica that lags
// by a moment.

// maxPage is how many records are read for a page.
const maxPage = 1024

// page returns the records that match a filter behind a revision, at most so many, the removed ones
// included in the count. next is the cursor behind them; more is false at the end.
func (s *state) page(ctx context.Context, filter string, after uint64, most int) (records []record, next uint64, more bool, err error) {
	messages, end, err := s.e.batchGet(ctx, s.name, nextOf{NextFor: s.records + filter, Batch: most, Seq: after + 1})
	if err != nil {
		return nil, after, false, err
	}
	next = after
	for _, m := range messages {
		r, ok := s.readRecord(strings.TrimPrefix(m.Header.Get(jetstream.SubjectHeader), s.records), m)
		if !ok {
			return nil, after, false, fmt.Errorf("natsengine: a record of %s without a revision", s.name)
		}
		next = r.revision
		if !r.gone {
			records = append(records, r)
		}
	}
	return records, next, len(messages) > 0 && end.Get(pendingHeader) != "0", nil
}

// Sessions returns sessions of an app behind a cursor, at most so many, in no order that means
// anything. next is the cursor of the following page, 0 at the end. A page may have fewer.
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

// nextPage is the cursor that callers get.
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
	seen := map[string]bool{} // who moves is at two gateways
	for _, r := range records {
		if m, ok := readMember(r); ok && !seen[m.Channel.Channel] {
			seen[m.Channel.Channel] = true
			names = append(names, m.Channel.Channel)
		}
	}
	return names, nil
}

// MemberPage returns user ids of members of a channel behind a cursor, as Sessions does sessions.
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

// Channels returns channels of an app that have members, as Sessions does sessions. It goes over
// the members, and has a channel in the page in which the first of its members is: one look tells
// who that is, and how many follow. A page ends early where it takes many looks, since it must come
// in time however many channels there are.
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
		if l.ended() { // there may be more among these records
			return l.page, l.after, nil
		}
		l.after = next
	}
	return l.page, nextPage(next, more), nil
}

// maxReads is how many times members are read for a page of channels: most may be of few channels.
const maxReads = 16

// maxLooks is how many channels are looked at for a page, those of earlier pages included.
const maxLooks = 200

// channelList is a page of channels in the making.
type channelList struct {
	e     *Engine
	after uint64 // up to where members were looked at
	most  int
	began time.Time
	looks int
	page  []channel.Info
	seen  map[channel.ID]bool
}

// ended reports whether the page is full, or took as long as it may. One look is always made, so that
// the next page begins further on.
func (l *channelList) ended() bool {
	return len(l.page) == l.most || l.looks == maxLooks || l.looks > 0 && time.Since(l.began) > opTimeout/2
}

// add looks at members until the page has ended.
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

// membersFrom tells how many members a channel has whose first member is behind a revision; 0 for
// another one. Where the first left a moment ago, the page that should have the channel may have passed
// over it, so it counts as behind. Others who left in the last second or two may count too.
func (e *Engine) membersFrom(ctx context.Context, id channel.ID, after uint64) (n int, err error) {
	messages, _, err := e.batchGet(ctx, memberStream, nextOf{NextFor: memberSubject + "*." + channelKey(id) + ".>", Batch: 1, Seq: 1})
	if err != nil || len(messages) == 0 {
		return 0, err
	}
	first, ok := e.members.readRecord("", messages[0])
	if !ok {
		return 0, errors.New("a record without a revision")
	}
	if first.revision <= after && !first.gone {
		return 0, nil
	}
	n, err = strconv.Atoi(messages[0].Header.Get(pendingHeader))
	if !first.gone {
		n++
	}
	return n, err
}
