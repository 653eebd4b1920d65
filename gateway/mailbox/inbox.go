package mailbox

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"rtmwasm/gateway/retry"
)

// batch is how many messages of a mailbox are on their way to a client at a time.
const batch = 16

// Session is the session that an Inbox brings messages to. Deliver and Go must not block.
type Session interface {
	// Deliver sends a frame to the client, and reports whether the session has not ended. If
	// so, acked is called once, later: with true when the client has acknowledged the frame, with
	// false when the session ended before.
	Deliver(frame []byte, acked func(received bool)) bool

	// Over is closed when the session ends.
	Over() <-chan struct{}

	// Go runs a function in the background.
	Go(f func())

	// MailFailed gets the error of an attempt to read the mailbox that will be repeated, or
	// of one to remove messages at the end that will not be.
	MailFailed(err error)
}

// Inbox brings a user's messages to the client of one session: those in the mailbox first, then
// those that come live.
type Inbox struct {
	store   Store
	user    User
	session Session
	maxHeld int

	wait      retry.Backoff // of the goroutine of run, after an error
	acked     atomic.Uint64 // the highest position that the client acknowledged
	truncated atomic.Uint64 // the highest up to which the mailbox was emptied

	mu    sync.Mutex // guards the rest
	reads reads
	live  bool // the mailbox was read for the first time: what comes live is not held
	held  []held
	bytes int // of held
}

// held is a live message that waits until the mailbox was read.
type held struct {
	frame []byte
	acked func(received bool)
}

// reads tells when to read a mailbox: it is read by one goroutine at a time, and once more if
// something came meanwhile.
type reads struct {
	running bool // a goroutine reads
	again   bool // something new came since it began
}

// requested is the next state when something new may be there. start tells to start a goroutine.
func (r reads) requested() (next reads, start bool) {
	return reads{running: true, again: true}, !r.running
}

// next is the next state when the goroutine starts or has read all. more tells it to go on.
func (r reads) next() (next reads, more bool) {
	return reads{running: r.again}, r.again
}

// NewInbox returns an Inbox that holds what comes live, up to maxHeld bytes, until Check has
// been called and the mailbox has been read.
func NewInbox(store Store, user User, session Session, maxHeld int) *Inbox {
	return &Inbox{store: store, user: user, session: session, maxHeld: maxHeld, wait: retry.ForEngine()}
}

// Check reads the mailbox in the background: something new may be there.
func (b *Inbox) Check() {
	select {
	case <-b.session.Over():
		return
	default:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	next, start := b.reads.requested()
	b.reads = next
	if start {
		b.session.Go(b.run)
	}
}

// Receive takes a message that comes live. acked is called once: with false at once if the session
// has ended or too much is held, else as Session.Deliver says.
func (b *Inbox) Receive(frame []byte, acked func(received bool)) {
	if !b.takes(frame, acked) {
		acked(false)
	}
}

func (b *Inbox) takes(frame []byte, acked func(received bool)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.live {
		return b.session.Deliver(frame, acked)
	}
	fits := b.bytes+len(frame) <= b.maxHeld
	if fits {
		b.held = append(b.held, held{frame, acked})
		b.bytes += len(frame)
	}
	return fits
}

// Held is how many bytes of live messages wait.
func (b *Inbox) Held() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes
}

// run reads the mailbox until nothing new has come.
func (b *Inbox) run() {
	for b.more() {
		err := b.empty(context.Background()) // the store gives up by itself
		b.release()
		if err == nil {
			b.wait.Reset()
			continue
		}
		b.session.MailFailed(err)
		if b.wait.Wait(b.session.Over()) {
			b.Check()
		}
	}
}

func (b *Inbox) more() (more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads, more = b.reads.next()
	return more
}

// release lets what came live through, after the first time.
func (b *Inbox) release() {
	b.mu.Lock()
	late := slices.DeleteFunc(b.held, func(h held) bool { return b.session.Deliver(h.frame, h.acked) })
	b.held, b.bytes, b.live = nil, 0, true
	b.mu.Unlock()
	for _, h := range late {
		h.acked(false)
	}
}

// empty brings what is in the mailbox. It goes on with the next batch when the client has
// acknowledged one. What the client does not acknowledge stays in the mailbox.
func (b *Inbox) empty(ctx context.Context) error {
	for position := uint64(0); ; {
		all, err := b.store.ReadMail(ctx, b.user, position, batch)
		if err != nil || len(all) == 0 {
			return err
		}
		acked := b.deliver(all)
		if acked > 0 {
			if err := b.store.TruncateMail(ctx, b.user, acked); err != nil {
				return err
			}
			b.truncated.Store(acked)
		}
		position = all[len(all)-1].Position
		if acked < position { // the session is over
			return nil
		}
	}
}

// deliver waits until a batch is acknowledged, or the session has ended. It returns the position
// up to which the client has all.
func (b *Inbox) deliver(all []Mail) (acked uint64) {
	var left sync.WaitGroup
	var last atomic.Uint64
	for _, m := range all {
		left.Add(1)
		acked := func(received bool) {
			if received { // in order
				last.Store(m.Position)
				b.acked.Store(m.Position)
			}
			left.Done()
		}
		if !b.session.Deliver(m.Frame, acked) {
			left.Done()
		}
	}
	left.Wait()
	return last.Load()
}

// Close is called when the session has ended. It hands over what is held, which the session
// settles, and removes what the client acknowledged last: the next session would bring it again.
func (b *Inbox) Close(ctx context.Context) {
	b.release()
	acked := b.acked.Load()
	if acked <= b.truncated.Load() {
		return
	}
	if err := b.store.TruncateMail(ctx, b.user, acked); err != nil {
		b.session.MailFailed(err)
	}
}
