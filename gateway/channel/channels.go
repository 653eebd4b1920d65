package channel

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rtmwasm/gateway/background"
)

// Config has the settings of New. All fields must be set.
type Config struct {
	Gateway string // id of this gateway, unique among the gateways of an engine
	Engine  Engine
	Logger  *slog.Logger

	// Retry calls f until it succeeds or other gateways take this one for dead. It returns after
	// the first call.
	Retry func(what string, m Member, f func() error)
}

// Session is a session of this gateway. Its methods must not block or call back. Most are called
// with the channel's lock held: only Entered may call the engine.
type Session interface {
	ID() string
	App() string
	UserID() string
	Lineage() string // of its Member

	// Push sends a frame to the client. A client who is away may miss a message of a channel.
	// channel is "" for frames that must not be missed.
	Push(frame []byte, channel string)

	// PushLatest sends a frame that replaces earlier frames of the same subject.
	PushLatest(frame []byte, subject string)

	// AnswerJoined answers a join. The client gets the answer before the pushes that follow. uids
	// are all members, nil in a large channel. JoinFailed answers a join that failed.
	AnswerJoined(request uint32, channel string, count int, uids []string)
	JoinFailed(request uint32, err error)

	// Entered is called after a join was answered. The join is not over before it returns: see
	// Membership.Wait.
	Entered(channel string)

	// ForgetJoined drops the answer to the join of a channel that was left.
	ForgetJoined(channel string)

	// End ends the session because it is no longer a member. displaced means that the user logged
	// in again. Otherwise other gateways have taken this one for dead.
	End(displaced bool)
}

// Channels has the channels that sessions of this gateway are in. It is safe for concurrent use.
type Channels struct {
	config     Config
	ctx        context.Context // ends with Close
	stop       context.CancelFunc
	unfollow   func()
	background background.Group
	last       atomic.Uint64 // the last number of a Membership
	missed     chan struct{} // has a token if changes may be lost

	mu   sync.Mutex // guards the rest
	byID map[ID]*channel
	gone []goneGateway // gateways whose members were removed last
}

// New returns Channels. Close ends it.
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
	cs.background.Go(cs.audit)
	cs.background.Go(cs.recoverMissed)
	return cs, nil
}

// Close ends the work in the background. All sessions must have left.
func (cs *Channels) Close() {
	cs.unfollow()
	cs.stop()
	cs.background.Wait()
}

// Membership is one session in a channel, from before it is a member until it has left.
type Membership struct {
	channel *channel
	session Session
	number  uint64
	settled chan struct{} // closed when the join is over
	err     error         // error of the join; set before settled is closed

	// Guarded by channel.mu.
	detached   chan struct{} // set when the session has moved; closed when another session has replaced it
	superseded bool          // detached is closed or about to be
	request    uint32        // request to answer with Joined
	revision   uint64        // of Enter; 0 while unknown
	joined     bool          // Joined was answered
	held       [][]byte      // messages received before that
	heldBytes  int           // of held
	ready      chan struct{} // closed when joined
}

// maxHeldBytes is how many bytes are held for a member who joins.
const maxHeldBytes = 1 << 20

// hold keeps a frame until the join is answered.
func (m *Membership) hold(frame []byte) {
	if m.detached == nil && m.heldBytes+len(frame) <= maxHeldBytes {
		m.held = append(m.held, frame)
		m.heldBytes += len(frame)
	}
}

// member returns what the engine stores. channel.mu is held.
func (m *Membership) member() Member {
	return Member{
		Channel:  m.channel.id,
		UID:      m.session.UserID(),
		Session:  m.session.ID(),
		Lineage:  m.session.Lineage(),
		Gateway:  m.channel.channels.config.Gateway,
		Entry:    m.number,
		Revision: m.revision,
	}
}

// ID returns the channel's id.
func (m *Membership) ID() ID { return m.channel.id }

// Wait waits until the join is over, and returns its error. It takes some seconds at most.
func (m *Membership) Wait() error {
	<-m.settled
	return m.err
}

// IsSettled reports whether the join is over, so that Wait returns at once.
func (m *Membership) IsSettled() bool {
	select {
	case <-m.settled:
		return true
	default:
		return false
	}
}

// IsMember reports whether others see this session as the user's member of the channel.
func (m *Membership) IsMember() bool {
	m.channel.mu.Lock()
	defer m.channel.mu.Unlock()
	return m.channel.roster.members[m.session.UserID()].Session == m.session.ID()
}

// Count returns how many members the channel has.
func (m *Membership) Count() int {
	m.channel.mu.Lock()
	defer m.channel.mu.Unlock()
	return len(m.channel.roster.members)
}

// List returns the members, this one first. In a large channel it returns a random choice.
func (m *Membership) List() []string { return m.channel.list(m.session.UserID()) }

// Join makes a session a member, in the background. The Joined answer is in order with the
// channel's changes and messages. Messages missed since a Unix time in ms follow it; 0 means none.
// The end of ctx cancels the join.
func (cs *Channels) Join(ctx context.Context, s Session, name string, request uint32, since int64) *Membership {
	m := &Membership{session: s, number: cs.last.Add(1), request: request, ready: make(chan struct{}), settled: make(chan struct{})}
	cs.admit(m, ID{App: s.App(), Channel: name})
	cs.background.Go(func() { cs.enter(ctx, m, since) })
	return m
}

// admit adds m to a channel. Once the channel is open, messages are held for m.
func (cs *Channels) admit(m *Membership, id ID) {
	c := cs.lock(id)
	defer c.mu.Unlock()
	m.channel = c
	c.local[m.number] = m
}

// enter makes m a member. If that fails, it undoes what was done.
func (cs *Channels) enter(ctx context.Context, m *Membership, since int64) {
	defer close(m.settled)
	err := cs.tryEnter(ctx, m, since)
	if err == nil {
		m.session.Entered(m.channel.id.Channel)
		return
	}
	member, undone := cs.removeIf(m, func() bool { return !m.joined })
	if !undone { // the join succeeded after all
		m.session.Entered(m.channel.id.Channel)
		return
	}
	m.err = err
	m.session.JoinFailed(m.request, err)
	cs.config.Retry("undo a join", member, func() error { return cs.config.Engine.Leave(context.Background(), member) })
}

// enterTimeout limits a join. Clients wait longer.
const enterTimeout = 8 * time.Second

// applyTimeout is how long a new member may take to come back as a change, before all members are
// read.
const applyTimeout = 2 * time.Second

// errNotApplied means that the order of changes is broken. The join must be answered anyway.
var errNotApplied = errors.New("channel: the engine does not have the member that it has acknowledged")

// tryEnter subscribes before others can know the new member, so that the member misses nothing.
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

// opened returns when the channel is subscribed to. The first caller subscribes. After a failure,
// the next caller tries again.
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

// Leave ends a membership. The client gets nothing more of the channel. Then Leave tells the
// engine, with retries.
func (cs *Channels) Leave(m *Membership) {
	if m.Wait() != nil {
		return
	}
	member := cs.remove(m)
	cs.config.Retry("leave a channel", member, func() error { return cs.config.Engine.Leave(context.Background(), member) })
}

// Detach ends a membership of a session that continues at another gateway. Others still see the
// member until the session of the same lineage has replaced it, which closes superseded. A caller
// that does not wait for that calls Leave.
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

// supersedes reports whether a member has replaced a session that has moved.
func (c *channel) supersedes(now Member, m *Membership) bool {
	return m.detached != nil && now.Lineage == m.session.Lineage() && now.Session != m.session.ID()
}

// endDetached removes a session that has moved. channel.mu is held.
func (cs *Channels) endDetached(m *Membership) {
	if m.superseded {
		return
	}
	m.superseded = true
	cs.background.Go(func() {
		cs.remove(m)
		close(m.detached)
	})
}

// leaveInBackground removes a member whose session is not here. If that fails, the member stays
// until its gateway ends.
func (cs *Channels) leaveInBackground(m Member) {
	cs.background.Go(func() {
		if err := cs.config.Engine.Leave(cs.ctx, m); err != nil {
			cs.config.Logger.Warn("cannot remove a member", "app", m.Channel.App, "uid", m.UID, "error", err)
		}
	})
}

// remove ends the pushes to a session for the channel. Removing the last session ends the
// subscription.
func (cs *Channels) remove(m *Membership) Member {
	member, _ := cs.removeIf(m, func() bool { return true })
	return member
}

// removeIf does the same if condition returns true, and reports that. It calls condition with
// channel.mu held.
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
		if c.opening != nil && c.opening.stop != nil { // otherwise open does it
			stop = c.opening.stop
		}
	}
	c.mu.Unlock()
	stop()
	m.session.ForgetJoined(c.id.Channel)
	return member, true
}

// lock returns a channel with its lock held. It creates the channel if needed.
func (cs *Channels) lock(id ID) *channel {
	for {
		cs.mu.Lock()
		c := cs.byID[id]
		if c == nil {
			c = &channel{id: id, channels: cs, roster: newRoster(), local: map[uint64]*Membership{}}
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

// Count returns how many members a channel has on all gateways.
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
