package natsengine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"unique"

	"github.com/nats-io/nats.go"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/retry"
)

// memberStream is the state of members of channels. A member's key is
//
//	<gateway>.<app>.<channel>.<hash>.<hash>.<user>
//
// The gateway comes first. So one filter finds the records of a gateway, and one finds those of a
// channel on all gateways. The two characters of a hash of the user's id divide the members of a
// large channel into parts that fit a snapshot. The order of changes is the order of the stream.
const (
	memberStream  = "RTM_MEMBERS"
	memberSubject = "rtm.member."
	memberChanges = "rtm.changed.member."
)

// memberRecord is the value of a member's record.
type memberRecord struct {
	Session string `json:"session"`
	Lineage string `json:"lineage,omitempty"` // "" for the same as Session
	Entry   uint64 `json:"entry"`
}

func memberKey(m channel.Member) string {
	return m.Gateway + "." + channelKey(m.Channel) + "." + memberHash(m.UID) + "." + token(m.UID)
}

// hashDigits are the 64 tokens of memberHash.
const hashDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// memberHash returns two tokens that divide users evenly.
func memberHash(uid string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(uid))
	sum := h.Sum32()
	return hashDigits[sum>>26:][:1] + "." + hashDigits[sum>>20&63:][:1]
}

// readMember decodes a member's key, and the value of a record that is not gone.
func readMember(r record) (m channel.Member, ok bool) {
	parts := strings.Split(r.key, ".")
	if len(parts) != 6 {
		return m, false
	}
	name, okChannel := untoken(parts[2])
	uid, okUser := untoken(parts[5])
	m = channel.Member{UID: uid, Revision: r.revision}
	m.Channel = unique.Make(channel.ID{App: parts[1], Channel: name}).Value() // members share this string
	m.Gateway = unique.Make(parts[0]).Value()
	if !okChannel || !okUser || name == "" || uid == "" || r.gone {
		return m, okChannel && okUser && name != "" && uid != ""
	}
	var v memberRecord
	if json.Unmarshal(r.value, &v) != nil {
		return m, false
	}
	m.Session, m.Lineage, m.Entry = v.Session, cmp.Or(v.Lineage, v.Session), v.Entry
	return m, true
}

// FollowMembers implements channel.Engine.
func (e *Engine) FollowMembers(ch channel.ID, apply func(channel.Event)) (stop func(), err error) {
	stop, err = e.members.follow("*."+channelKey(ch)+".>", func(r record) {
		if m, ok := readMember(r); ok {
			apply(channel.Event{Member: m, Left: r.gone, Former: r.former})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("natsengine: follow a channel's members: %w", err)
	}
	return stop, nil
}

// FollowMemberLosses implements channel.Engine.
func (e *Engine) FollowMemberLosses(missed func()) (stop func(), err error) {
	stop, err = e.dispatcher.subscribe(leaderElected+memberStream, func(*nats.Msg) { missed() })
	if err != nil {
		return nil, fmt.Errorf("natsengine: listen for losses of changes of members: %w", err)
	}
	return stop, nil
}

// Members implements channel.Engine.
func (e *Engine) Members(ctx context.Context, ch channel.ID, atLeast uint64) (channel.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	c, err := e.readMembers(ctx, "*."+channelKey(ch)+".", atLeast)
	if err != nil {
		return channel.Snapshot{}, fmt.Errorf("natsengine: read a channel's members: %w", err)
	}
	return channel.Snapshot{Members: c.members, Covers: c.covers}, nil
}

// readMembers reads the members whose keys begin with filter, which ends before the hash.
func (e *Engine) readMembers(ctx context.Context, filter string, atLeast uint64) (*memberSnapshot, error) {
	c := &memberSnapshot{e: e, filter: filter, atLeast: atLeast, upTo: map[string]uint64{}}
	return c, c.read(ctx, "")
}

// memberSnapshot is a snapshot of members, read in as many parts as needed.
type memberSnapshot struct {
	e       *Engine
	filter  string
	atLeast uint64

	mu      sync.Mutex // guards the rest
	members []channel.Member
	upTo    map[string]uint64 // by prefix of the users' hash
}

// parallelParts is how many parts of a snapshot are read at the same time.
const parallelParts = 4

// read reads the members whose hash begins with hash: "", "A." or "A.B.".
func (c *memberSnapshot) read(ctx context.Context, hash string) error {
	records, upTo, err := c.e.members.read(ctx, c.filter+hash+">", c.atLeast)
	if errors.Is(err, errTooMany) && len(hash) < len("A.B.") {
		return retry.TryEach([]byte(hashDigits), parallelParts, func(digit byte) error { return c.read(ctx, hash+string(digit)+".") })
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.upTo[hash] = upTo
	for _, r := range records {
		if m, ok := readMember(r); ok {
			c.members = append(c.members, m)
		}
	}
	return nil
}

func (c *memberSnapshot) covers(uid string, revision uint64) bool {
	hash := memberHash(uid) + "."
	for _, n := range []int{0, len("A."), len("A.B.")} {
		if upTo, known := c.upTo[hash[:n]]; known {
			return revision <= upTo
		}
	}
	return false
}

// NextRevision implements channel.Engine.
func (e *Engine) NextRevision(ctx context.Context) (revision uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if revision, err = e.members.nextRevision(ctx); err != nil {
		return 0, fmt.Errorf("natsengine: read the revision of members: %w", err)
	}
	return revision, nil
}

// CountMembers implements channel.Engine.
func (e *Engine) CountMembers(ctx context.Context, ch channel.ID) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	filter := "*." + channelKey(ch) + ".>"
	records, _, err := e.members.read(ctx, filter, e.members.acked.Load())
	if errors.Is(err, errTooMany) {
		_, n, err = e.members.oldest(ctx, filter)
	}
	if err != nil {
		return 0, fmt.Errorf("natsengine: count a channel's members: %w", err)
	}
	users := map[string]bool{} // a user who moves is at two gateways
	for _, r := range records {
		users[r.key[strings.LastIndexByte(r.key, '.'):]] = true
	}
	return max(n, len(users)), nil
}

// Enter implements channel.Engine.
func (e *Engine) Enter(ctx context.Context, m channel.Member) (revision uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	v := memberRecord{Session: m.Session, Entry: m.Entry}
	if m.Lineage != m.Session {
		v.Lineage = m.Lineage
	}
	value, err := json.Marshal(v)
	if err == nil {
		revision, err = e.members.put(ctx, memberKey(m), value)
	}
	if err != nil {
		return 0, fmt.Errorf("natsengine: enter a channel: %w", err)
	}
	return revision, nil
}

// Leave implements channel.Engine.
func (e *Engine) Leave(ctx context.Context, m channel.Member) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := e.leave(ctx, m); err != nil {
		return fmt.Errorf("natsengine: leave a channel: %w", err)
	}
	return nil
}

func (e *Engine) leave(ctx context.Context, m channel.Member) error {
	key := memberKey(m)
	if m.Revision == 0 {
		// An Enter whose caller gave up may still be on its way. It arrives before nextRevision writes.
		if _, err := e.members.nextRevision(ctx); err != nil {
			return err
		}
		r, err := e.members.last(ctx, key)
		if err != nil {
			return err
		}
		found, ok := readMember(r)
		if r.gone || !ok || found.Session != m.Session || found.Entry != m.Entry {
			return nil
		}
		m.Revision = r.revision
	}
	return e.members.remove(ctx, key, m.Revision)
}
