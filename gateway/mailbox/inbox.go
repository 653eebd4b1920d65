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

// Session is the session that an Inbox delivers to. Deliver and Go must not block.
type Session interface {
	// Deliver sends a frame to the client. It returns false if the session has ended. Otherwise
	// acked is called once, later: with true when the client has acknowledged the frame, with false
	// when the session ended before.
	Deliver(frame []byte, acked func(received bool)) bool

	// Done is closed when the session ends.
	Done() <-chan struct{}

	// Go runs a function in the background.
	Go(f func())

	// MailFailed gets the error of reading the mailbox, which will be repeated, or of removing
	// messages at the session's end, which will not.
	MailFailed(err error)
}

// Inbox delivers a user's messages to the client of one session: first those in the mailbox, then
// live ones.
type Inbox struct {
	store   Store
	user    User
	session Session
	maxHeld int

	wait      retry.Backoff // used by run, after an error
	acked     atomic.Uint64 // the highest position that the client acknowledged
	truncated atomic.Uint64 // the position up to which messages were removed

	mu    sync.Mutex // guards the rest
	reads reads
	live  bool // the mailbox was read once: live messages are no longer held
	held  []held
	bytes int // of held
}

// held is a live message that waits until the mailbox has been read.
type held struct {
	frame []byte
	acked func(received bool)
}

// reads decides when to read a mailbox. One goroutine at a time reads it, and reads it again if a
// message came meanwhile.
type reads struct {
	running bool // a goroutine reads
	again   bool // a message came since it began
}

// requested returns the next state after a message may have come. start means to start a goroutine.
func (r reads) requested() (next reads, start bool) {
	return reads{running: true, again: true}, !r.running
}

// next returns the next state when the goroutine starts or has read everything. more means that it
// must go on.
func (r reads) next() (next reads, more bool) {
	return reads{running: r.again}, r.again
}

// NewInbox returns an Inbox. It holds live messages, up to maxHeld bytes, until Check was called
// and the mailbox has been read.
func NewInbox(store Store, user User, session Session, maxHeld int) *Inbox {
	return &Inbox{store: store, user: user, session: session, maxHeld: maxHeld, wait: retry.ForEngine()}
}

// Check reads the mailbox in the background, because it may have new messages.
func (b *Inbox) Check() {
	select {
	case <-b.session.Done():
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

// Receive takes a live message. acked is called once: with false at once if the session has ended
// or too much is held, otherwise as Session.Deliver does.
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

// Held returns how many bytes of live messages wait.
func (b *Inbox) Held() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes
}

// run reads the mailbox until no new message has come.
func (b *Inbox) run() {
	for b.more() {
		err := b.empty(context.Background()) // the store limits the time
		b.release()
		if err == nil {
			b.wait.Reset()
			continue
		}
		b.session.MailFailed(err)
		if b.wait.Wait(b.session.Done()) {
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

// release delivers the live messages that were held.
func (b *Inbox) release() {
	b.mu.Lock()
	late := slices.DeleteFunc(b.held, func(h held) bool { return b.session.Deliver(h.frame, h.acked) })
	b.held, b.bytes, b.live = nil, 0, true
	b.mu.Unlock()
	for _, h := range late {
		h.acked(false)
	}
}

// empty delivers the messages in the mailbox. It continues with the next batch when the client has
// acknowledged one. Messages that the client does not acknowledge stay in the mailbox.
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

// deliver delivers a batch, and waits until it is acknowledged or the session has ended. It returns
// the position up to which the client has all messages.
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

// Close is called when the session has ended. It passes held messages to the session, which settles
// them. It removes what the client acknowledged last, which the next session would deliver again
// otherwise.
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
