package mailbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

var user = User{App: "app", ID: "ada"}

// store is one user's mailbox in memory.
type store struct {
	mu       sync.Mutex // guards the rest
	mail     []Mail
	last     uint64
	failures int // how many calls fail
	notified int
}

var errBroken = errors.New("no server")

func (s *store) fails() error {
	if s.failures > 0 {
		s.failures--
		return errBroken
	}
	return nil
}

func (s *store) AppendMail(_ User, _ string, frame []byte, done func(error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	s.mail = append(s.mail, Mail{s.last, frame})
	done(s.fails())
	return nil
}

func (s *store) NotifyMail(User) error {
	s.notified++
	return nil
}

func (s *store) ReadMail(_ context.Context, _ User, after uint64, most int) (found []Mail, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mail {
		if m.Position > after && len(found) < most {
			found = append(found, m)
		}
	}
	return found, s.fails()
}

func (s *store) TruncateMail(_ context.Context, _ User, upTo uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.mail) > 0 && s.mail[0].Position <= upTo {
		s.mail = s.mail[1:]
	}
	return s.fails()
}

func (s *store) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mail)
}

// session is a session whose client acknowledges when it is told to.
type session struct {
	over chan struct{}

	mu       sync.Mutex // guards the rest
	gone     bool       // it has ended for good: what comes is refused
	frames   []string
	acks     []func(bool)
	failures []error
}

func (s *session) Deliver(frame []byte, acked func(bool)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return false
	}
	s.frames, s.acks = append(s.frames, string(frame)), append(s.acks, acked)
	return true
}

func (s *session) Done() <-chan struct{} { return s.over }

func (s *session) Go(f func()) { go f() }

func (s *session) MailFailed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, err)
}

// take waits until nothing more comes, acknowledges n messages, or all if n is negative, and
// returns what came.
func (s *session) take(n int, received bool) (frames []string) {
	synctest.Wait()
	s.mu.Lock()
	frames, acks := s.frames, s.acks
	s.frames = nil
	if n < 0 || n > len(acks) {
		n = len(acks)
	}
	s.acks = acks[n:]
	s.mu.Unlock()
	for _, acked := range acks[:n] {
		acked(received)
	}
	synctest.Wait()
	return frames
}

func numbered(from, to int) (all []string) {
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

func with(s *store, from, to int) {
	for _, frame := range numbered(from, to) {
		s.last++
		s.mail = append(s.mail, Mail{s.last, []byte(frame)})
	}
}

// run runs a test with an Inbox that has not been checked yet.
func run(t *testing.T, f func(t *testing.T, b *Inbox, st *store, se *session)) {
	synctest.Test(t, func(t *testing.T) {
		st, se := &store{}, &session{over: make(chan struct{})}
		f(t, NewInbox(st, user, se, 10), st, se)
		synctest.Wait()
	})
}

func TestReads(t *testing.T) {
	for name, c := range map[string]struct {
		state       reads
		event       string
		next        reads
		goOnOrStart bool
	}{
		"the first":                {reads{}, "requested", reads{true, true}, true},
		"while it is read":         {reads{running: true}, "requested", reads{true, true}, false},
		"twice while it is read":   {reads{true, true}, "requested", reads{true, true}, false},
		"the goroutine starts":     {reads{true, true}, "next", reads{running: true}, true},
		"it has read, nothing new": {reads{running: true}, "next", reads{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			step := c.state.requested
			if c.event == "next" {
				step = c.state.next
			}
			next, is := step()
			assert.Equal(t, c.next, next)
			assert.Equal(t, c.goOnOrStart, is)
		})
	}
}

// What is in the mailbox comes first, a batch at a time, then what came live meanwhile.
func TestMailComesBeforeLiveMessages(t *testing.T) {
	run(t, func(t *testing.T, b *Inbox, st *store, se *session) {
		with(st, 1, batch+2)
		var acked []bool
		note := func(received bool) { acked = append(acked, received) }
		b.Receive([]byte("live"), note)
		b.Receive([]byte("seven b"), note) // more than may be held
		assert.Equal(t, []bool{false}, acked)
		assert.Equal(t, 4, b.Held())
		b.Check()
		assert.Equal(t, numbered(1, batch), se.take(batch-1, true))
		assert.Empty(t, se.take(0, true), "the next batch waits for the last acknowledgement")
		assert.Equal(t, batch+2, st.left())
		assert.Empty(t, se.take(-1, true))
		assert.Equal(t, numbered(batch+1, batch+2), se.take(-1, true))
		assert.Equal(t, []string{"live"}, se.take(-1, true))
		assert.Equal(t, []bool{false, true}, acked)
		assert.Zero(t, st.left())
		assert.Zero(t, b.Held())
		b.Receive([]byte("later"), note)
		assert.Equal(t, []string{"later"}, se.take(-1, true))

		with(st, 30, 30)
		b.Check()
		assert.Equal(t, []string{"30"}, se.take(-1, true))
	})
}

// What the client does not acknowledge stays, and what it did is removed at the end.
func TestSessionEnds(t *testing.T) {
	run(t, func(t *testing.T, b *Inbox, st *store, se *session) {
		with(st, 1, 4)
		b.Check()
		assert.Equal(t, numbered(1, 4), se.take(2, true))
		b.Receive([]byte("live"), func(received bool) { assert.False(t, received) })
		close(se.over)
		b.Close(t.Context()) // before the others are settled
		assert.Zero(t, b.Held())
		assert.Equal(t, 2, st.left())
		se.take(-1, false)
		b.Check()
		assert.Empty(t, se.take(-1, false), "the session is over")
		assert.Equal(t, 2, st.left())
		assert.Empty(t, se.failures)
	})
}

// What comes to a session that has ended is refused, and the inbox is free while its sender is told.
func TestMessagesAfterTheEnd(t *testing.T) {
	run(t, func(t *testing.T, b *Inbox, st *store, se *session) {
		var refused []string
		receive := func(frame string) {
			b.Receive([]byte(frame), func(received bool) {
				assert.False(t, received)
				assert.Zero(t, b.Held())
				refused = append(refused, frame)
			})
		}
		receive("held")
		se.gone = true
		with(st, 1, 1)
		b.Check()
		assert.Empty(t, se.take(-1, true))
		receive("live")
		assert.Equal(t, []string{"held", "live"}, refused)
		assert.Equal(t, 1, st.left())
		close(se.over)
	})
}

// A mailbox that cannot be read or truncated is read again. Live messages do not wait for it.
func TestMailboxIsReadAgain(t *testing.T) {
	run(t, func(t *testing.T, b *Inbox, st *store, se *session) {
		with(st, 1, 1)
		st.failures = 2
		b.Receive([]byte("live"), func(bool) {})
		b.Check()
		assert.Equal(t, []string{"live"}, se.take(-1, true))
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"1"}, se.take(0, true))
		assert.Len(t, se.failures, 2)
		st.mu.Lock()
		st.failures = 1 // of the truncation
		st.mu.Unlock()
		se.take(-1, true)
		time.Sleep(time.Minute)
		assert.Empty(t, se.take(-1, true), "it was removed all the same")
		assert.Len(t, se.failures, 3)
		assert.Zero(t, st.left())
	})
}

func TestPut(t *testing.T) {
	for name, c := range map[string]struct {
		failures, notified int
		err                error
	}{"stored": {0, 1, nil}, "not stored": {1, 0, errBroken}} {
		t.Run(name, func(t *testing.T) {
			st := &store{failures: c.failures}
			called := 0
			Put(st, "bob", user, &wire.Delivery{From: "bob"}, func(err error) {
				called++
				require.ErrorIs(t, err, c.err)
			})
			assert.Equal(t, 1, called)
			assert.Equal(t, c.notified, st.notified)
			var f wire.ServerFrame
			require.NoError(t, f.UnmarshalVT(st.mail[0].Frame))
			assert.True(t, f.Delivery.Offline)
		})
	}
}

func TestRefusal(t *testing.T) {
	for err, want := range map[error]wire.Refusal_Reason{
		ErrStorageFull: wire.Refusal_UNAVAILABLE, ErrUserQuota: wire.Refusal_LIMIT, ErrAppQuota: wire.Refusal_LIMIT,
	} {
		assert.Equal(t, want, Refusal(fmt.Errorf("engine: %w", err)).Reason)
	}
	assert.Nil(t, Refusal(errBroken))
}
