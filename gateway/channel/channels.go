package channel

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what New needs. All fields must be set.
type Config struct {
	Gateway string // id of this gateway, unique among the gateways of an engine
	Engine  Engine
	Logger  *slog.Logger

	// Retry calls f until it succeeds or others take this gateway for dead. It returns after
	// the first call.
	Retry func(what string, m Member, f func() error)
}

// Session is a session of this gateway as a channel sees it. Its methods must not block, nor call
// back. Most are called with the channel's lock held: only Entered may call the engine.
type Session interface {
	ID() string
	App() string
	UserID() string
	Lineage() string // of its Member

	// Push brings a frame to the client. A client who is away may miss a message of a channel;
	// channel is "" for what may not be missed.
	Push(frame []byte, channel string)

	// PushLatest brings a frame of which only the latest about a subject matters.
	PushLatest(frame []byte, subject string)

	// AnswerJoined answers a join; the client gets the answer before the pushes that follow. uids
	// are all members, nil of a crowd.
	// JoinFailed answers one that failed.
	AnswerJoined(request uint32, channel string, count int, uids []string)
	JoinFailed(request uint32, err error)

	// Entered tells that a join was answered. Before it returns, the join is not over: see
	// Membership.Wait.
	Entered(channel string)

	// ForgetJoined drops the answer of a channel that was left.
	ForgetJoined(channel string)

	// End ends the session because it is no member any more: displaced by another login of the
	// user, or because others took this gateway for dead.
	End(displaced bool)
}

// Channels are the channels that sessions of this gateway are in. It is safe for concurrent use.
type Channels struct {
	config   Config
	ctx      context.Context // ends with Close
	stop     context.CancelFunc
	unfollow func()
	work     sync.WaitGroup
	last     atomic.Uint64 // the last number of a Membership
	missed   chan struct{} // holds a token when changes may be lost

	mu   sync.Mutex // guards the rest
	byID map[ID]*channel
	gone []goneGateway // the latest
}

// New makes Channels. Close ends it.
func New(config Config) (*Channels, error) {
	cs := &Channels{config: config, missed: make(chan struct{}, 1), byID: map[ID]*channel{}}
	cs.ctx, cs.stop = context.WithCancel(context.Background())
	unfollowGateways, err := config.Engine.FollowGateways(cs.gatewayGone)
	if err != nil {
		cs.stop()
		return nil, err
	}
	unfollowLosses, err := config.Engine.FollowMemberLosses(cs.changesMissed)
	if err != nil {
		unfollowGateways()
		cs.stop()
		return nil, err
	}
	cs.unfollow = func() {
		unfollowLosses()
		unfollowGateways()
	}
	cs.work.Go(cs.audit)
	cs.work.Go(cs.recoverMissed)
	return cs, nil
}

// Close ends what runs in the background. Sessions must have left before.
func (cs *Channels) Close() {
	cs.unfollow()
	cs.stop()
	cs.work.Wait()
}

// Membership is one session's stay in a channel, from before it is a member until it left.
type Membership struct {
	channel *channel
	session Session
	number  uint64
	settled chan struct{} // closed when the join is over
	err     error         // why it failed; set before settled is closed

	// Guarded by channel.mu.
	detached   chan struct{} // not nil: the session has moved; closed when another one is in its place
	superseded bool          // it is
	request    uint32        // to be answered with Joined
	revision   uint64        // of its entering; 0 while it is not known
	joined     bool          // Joined was answered
	held       [][]byte      // messages that came before
	heldBytes  int           // of held
	ready      chan struct{} // closed when joined
}

// maxHeldBytes is what a member who joins may make wait.
const maxHeldBytes = 1 << 20

// hold keeps a frame until the member is welcomed.
func (m *Membership) hold(frame []byte) {
	if m.detached == nil && m.heldBytes+len(frame) <= maxHeldBytes {
		m.held = append(m.held, frame)
		m.heldBytes += len(frame)
	}
}

// member is what the engine keeps. channel.mu is held.
func (m *Membership) member() Member {
	return Member{
		Channel:  m.channel.id,
		UID:      m.session.UserID(),
		Session:  m.session.ID(),
		Lineage:  m.session.Lineage(),
		Gateway:  m.channel.all.config.Gateway,
		Entry:    m.number,
		Revision: m.revision,
	}
}

// ID is the channel's.
func (m *Membership) ID() ID { return m.channel.id }

// Wait waits until the join is over, and returns why it failed. It takes some seconds at most.
func (m *Membership) Wait() error {
	<-m.settled
	return m.err
}

// IsSettled reports whether the join is over: then Wait returns at once.
func (m *Membership) IsSettled() bool {
	select {
	case <-m.settled:
		return true
	default:
		return false
	}
}

// IsMember reports whether the session is the channel's member of its user, as others see it.
func (m *Membership) IsMember() bool {
	m.channel.mu.Lock()
	defer m.channel.mu.Unlock()
	return m.channel.roster.members[m.session.UserID()].Session == m.session.ID()
}

// Count is how many members the channel has.
func (m *Membership) Count() int {
	m.channel.mu.Lock()
	defer m.channel.mu.Unlock()
	return len(m.channel.roster.members)
}

// List names the members, this one among them; of a crowd, some drawn at random.
func (m *Membership) List() []string { return m.channel.list(m.session.UserID()) }

// Join makes a session a member, in the background. Joined is answered in its place among the
// channel's other changes and messages. What was missed since a Unix time in ms follows it; 0
// means nothing was. The end of ctx ends a join that is under way.
func (cs *Channels) Join(ctx context.Context, s Session, name string, request uint32, since int64) *Membership {
	m := &Membership{session: s, number: cs.last.Add(1), request: request, ready: make(chan struct{}), settled: make(chan struct{})}
	cs.admit(m, ID{App: s.App(), Channel: name})
	cs.work.Go(func() { cs.enter(ctx, m, since) })
	return m
}

// admit has the channel's messages held for m, from when the channel is open on.
func (cs *Channels) admit(m *Membership, id ID) {
	c := cs.lock(id)
	defer c.mu.Unlock()
	m.channel = c
	c.local[m.number] = m
}

// enter makes m a member, or undoes what was done of that.
func (cs *Channels) enter(ctx context.Context, m *Membership, since int64) {
	defer close(m.settled)
	err := cs.tryEnter(ctx, m, since)
	if err == nil {
		m.session.Entered(m.channel.id.Channel)
		return
	}
	member, undone := cs.removeIf(m, func() bool { return !m.joined })
	if !undone { // the member turned up after all
		m.session.Entered(m.channel.id.Channel)
		return
	}
	m.err = err
	m.session.JoinFailed(m.request, err)
	cs.config.Retry("undo a join", member, func() error { return cs.config.Engine.Leave(context.Background(), member) })
}

// enterTimeout bounds a join. Clients wait longer.
const enterTimeout = 8 * time.Second

// applyTimeout is how long a join may take to come round before all members are read instead.
const applyTimeout = 2 * time.Second

// errNotApplied means that the order of changes is broken: a join must not stay unanswered.
var errNotApplied = errors.New("channel: the engine does not have the member that it has acknowledged")

// tryEnter subscribes before others can learn of the new member, so that it misses nothing they
// send then.
func (cs *Channels) tryEnter(ctx context.Context, m *Membership, since int64) error {
	ctx, cancel := context.WithTimeout(ctx, enterTimeout)
	defer cancel()
	defer context.AfterFunc(cs.ctx, cancel)()
	c := m.channel
	if err := c.opened(ctx); err != nil {
		return err
	}
	if err := c.recall(ctx, m, since); err != nil {
		return err
	}
	c.mu.Lock()
	member := m.member()
	c.mu.Unlock()
	revision, err := cs.config.Engine.Enter(ctx, member)
	if err != nil {
		return err
	}
	c.mu.Lock()
	m.revision = revision
	c.mu.Unlock()
	if err := c.fill(ctx, revision); err != nil {
		return err
	}
	late := time.NewTimer(applyTimeout)
	defer late.Stop()
	select {
	case <-m.ready:
		return nil
	case <-late.C:
	}
	if err := c.refresh(ctx, revision); err != nil {
		return err
	}
	select {
	case <-m.ready:
		return nil
	default:
		return errNotApplied
	}
}

// opened returns when the channel is subscribed to. The first to come does it. After a failure, the
// next to come tries again.
func (c *channel) opened(ctx context.Context) error {
	c.mu.Lock()
	o := c.opening
	if o == nil {
		o = &opening{done: make(chan struct{})}
		c.opening = o
		c.mu.Unlock()
		o.err = c.open(o)
		close(o.done)
		return o.err
	}
	c.mu.Unlock()
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Leave ends a membership. The client gets nothing more of the channel; the engine is told after
// that, again and again if it must be.
func (cs *Channels) Leave(m *Membership) {
	if m.Wait() != nil {
		return
	}
	member := cs.remove(m)
	cs.config.Retry("leave a channel", member, func() error { return cs.config.Engine.Leave(context.Background(), member) })
}

// Detach ends a membership of a session that goes on at another gateway. For others the member
// stays, until superseded is closed: the session of the same lineage has taken its place. Who
// does not want to wait for that calls Leave.
func (cs *Channels) Detach(m *Membership) (superseded <-chan struct{}) {
	c := m.channel
	c.mu.Lock()
	defer c.mu.Unlock()
	m.joined, m.held, m.detached = false, nil, make(chan struct{})
	if c.supersedes(c.roster.members[m.session.UserID()], m) {
		cs.endDetached(m)
	}
	return m.detached
}

// supersedes reports whether a member has taken the place of a session that has moved.
func (c *channel) supersedes(now Member, m *Membership) bool {
	return m.detached != nil && now.Lineage == m.session.Lineage() && now.Session != m.session.ID()
}

// endDetached forgets a session that has moved. channel.mu is held.
func (cs *Channels) endDetached(m *Membership) {
	if m.superseded {
		return
	}
	m.superseded = true
	cs.work.Go(func() {
		cs.remove(m)
		close(m.detached)
	})
}

// leaveInBackground removes a member whose session is not here. If that fails, it stays until the
// gateway that it is of ends.
func (cs *Channels) leaveInBackground(m Member) {
	cs.work.Go(func() {
		if err := cs.config.Engine.Leave(cs.ctx, m); err != nil {
			cs.config.Logger.Warn("cannot remove a member", "app", m.Channel.App, "uid", m.UID, "error", err)
		}
	})
}

// remove has nothing more pushed to a session for the channel. The last one ends the subscription.
func (cs *Channels) remove(m *Membership) Member {
	member, _ := cs.removeIf(m, func() bool { return true })
	return member
}

// removeIf does the same if a condition holds, and reports that. channel.mu is held while it is
// asked.
func (cs *Channels) removeIf(m *Membership, condition func() bool) (Member, bool) {
	c := m.channel
	c.mu.Lock()
	if !condition() {
		c.mu.Unlock()
		return Member{}, false
	}
	member := m.member()
	delete(c.local, m.number)
	stop := func() {}
	if len(c.local) == 0 && !c.dropped {
		c.dropped = true
		cs.mu.Lock()
		delete(cs.byID, c.id)
		cs.mu.Unlock()
		if c.opening != nil && c.opening.stop != nil { // else open does it
			stop = c.opening.stop
		}
	}
	c.mu.Unlock()
	stop()
	m.session.ForgetJoined(c.id.Channel)
	return member, true
}

// lock returns a channel with its lock held. One that is not known is made.
func (cs *Channels) lock(id ID) *channel {
	for {
		cs.mu.Lock()
		c := cs.byID[id]
		if c == nil {
			c = &channel{id: id, all: cs, roster: newRoster(), local: map[uint64]*Membership{}}
			cs.byID[id] = c
		}
		cs.mu.Unlock()
		c.mu.Lock()
		if !c.dropped {
			return c
		}
		c.mu.Unlock()
	}
}

func (cs *Channels) list() []*channel {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	all := make([]*channel, 0, len(cs.byID))
	for _, c := range cs.byID {
		all = append(all, c)
	}
	return all
}

// Count tells how many members a channel has, on all gateways.
func (cs *Channels) Count(ctx context.Context, id ID) (int, error) {
	cs.mu.Lock()
	c := cs.byID[id]
	cs.mu.Unlock()
	if c != nil {
		c.mu.Lock()
		n, complete := len(c.roster.members), c.complete
		c.mu.Unlock()
		if complete {
			return n, nil
		}
	}
	return cs.config.Engine.CountMembers(ctx, id)
}
