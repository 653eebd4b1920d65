package scenario

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// messageText is what message n says.
const messageText = "message %d"

// batch is how many messages a user sends to the channel before all wait for each
// other: so few that what three users miss in a gap is kept for them.
const batch = 10

func message(n int) *core.Outgoing {
	return &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: fmt.Sprintf(messageText, n)}}
}

// fate is what came of sending a message.
type fate struct {
	n        int
	received bool // of a peer message
	err      *core.Error
}

// burst sends messages first to first+batch-1 without waiting between them, and
// returns what came of each.
func burst(ctx context.Context, u *user, first int, send func(o *core.Outgoing, done func(bool, *core.Error))) ([]fate, error) {
	outcomes := make(chan fate, batch)
	u.host.Do(func() {
		for n := first; n < first+batch; n++ {
			send(message(n), func(received bool, err *core.Error) { outcomes <- fate{n, received, err} })
		}
	})
	var fates []fate
	for range batch {
		select {
		case f := <-outcomes:
			fates = append(fates, f)
		case <-ctx.Done():
			return nil, fmt.Errorf("messages of %s from %d on: %w", u.uid, first, context.Cause(ctx))
		}
	}
	return fates, nil
}

// pace is the time from one batch to the next: two batches of 10 in it stay below the
// rate that is allowed.
const pace = 400 * time.Millisecond

// rounds calls f until it was called often enough and all files are exchanged.
func (s *scene) rounds(ctx context.Context, f func(round int) error) error {
	for round := 0; ; round++ {
		if err := f(round); err != nil {
			return err
		}
		select {
		case <-s.filesDone:
			if round+1 >= s.Rounds {
				return nil
			}
		default:
		}
		select {
		case <-time.After(pace):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// sendToPeer sends bursts to another user and holds what arrived against what was
// reported.
func (s *scene) sendToPeer(ctx context.Context, from, to *user) error {
	var arrivedFor []int // numbers of which from was told "received"
	err := s.rounds(ctx, func(round int) error {
		fates, err := burst(ctx, from, round*batch, func(o *core.Outgoing, done func(bool, *core.Error)) {
			from.SendToPeer(to.uid, o, false, done)
		})
		if err != nil {
			return err
		}
		for _, f := range fates {
			s.countMessage(f.received)
			if f.received {
				arrivedFor = append(arrivedFor, f.n)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	// A client acknowledges a message just before it tells of it.
	var got []int
	missing := func(n int) bool { return !slices.Contains(got, n) }
	err = to.await(ctx, "what was reported received", func() bool {
		got = to.received(to.peer, from.uid)
		return !slices.ContainsFunc(arrivedFor, missing)
	})
	if wrong := s.inOrder(got); wrong != nil {
		return fmt.Errorf("from %s to %s: %w", from.uid, to.uid, wrong)
	}
	if err != nil {
		n := arrivedFor[slices.IndexFunc(arrivedFor, missing)]
		return fmt.Errorf("from %s to %s: message %d was reported received and did not arrive; arrived: %v: %w", from.uid, to.uid, n, got, err)
	}
	return nil
}

// inOrder checks that numbers rise: nothing twice, nothing overtaken.
func (s *scene) inOrder(got []int) error {
	if s.Unordered {
		got = slices.Sorted(slices.Values(got))
	}
	for i := 1; i < len(got); i++ {
		if got[i] <= got[i-1] {
			return fmt.Errorf("%d after %d, in %v", got[i], got[i-1], got)
		}
	}
	return nil
}

// talk has all users send to the channel, batch after batch. What was reported sent
// must arrive at all others before the next batch.
func (s *scene) talk(ctx context.Context) error {
	return s.rounds(ctx, func(round int) error {
		sent := make([][]fate, len(s.users))
		errs := make([]error, len(s.users))
		var all sync.WaitGroup
		for i, u := range s.users {
			all.Go(func() {
				sent[i], errs[i] = burst(ctx, u, round*batch, func(o *core.Outgoing, done func(bool, *core.Error)) {
					u.hall.Send(o, func(err *core.Error) { done(err == nil, err) })
				})
			})
		}
		all.Wait()
		for i, u := range s.users {
			if errs[i] != nil {
				return errs[i]
			}
			if err := s.heardByAll(ctx, u, sent[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *scene) heardByAll(ctx context.Context, from *user, sent []fate) error {
	var ns []int
	for _, f := range sent {
		s.countMessage(f.err == nil)
		if f.err == nil {
			ns = append(ns, f.n)
		}
	}
	for _, to := range s.users {
		if to == from {
			continue
		}
		what := fmt.Sprintf("%v of %s in the channel", ns, from.uid)
		err := to.await(ctx, what, func() bool {
			got := to.received(to.channel, from.uid)
			return !slices.ContainsFunc(ns, func(n int) bool { return !slices.Contains(got, n) })
		})
		got := to.received(to.channel, from.uid)
		if err != nil {
			return fmt.Errorf("%w; has %v", err, got)
		}
		if err := s.inOrder(got); err != nil {
			return fmt.Errorf("channel messages from %s to %s: %w", from.uid, to.uid, err)
		}
	}
	return nil
}
