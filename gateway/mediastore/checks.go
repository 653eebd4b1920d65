package mediastore

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"rtmwasm/gateway/media"
)

const (
	// defaultCheckWait is the zero value of Options.CheckWait.
	defaultCheckWait = 8 * time.Second

	// A rejection is remembered for rejectionTime, for a client that was not waiting when it
	// came; at most maxRejections of them.
	rejectionTime = 10 * time.Minute
	maxRejections = 1000
)

// checks are the uploads whose content this gateway is checking. A check goes on when the
// request that brought the last byte is over: later ones join it. Another gateway does not take
// such an upload over, as long as this one lives.
type checks struct {
	mu       sync.Mutex // guards the rest
	running  map[ref]*check
	rejected map[ref]rejection
	closed   bool
	all      sync.WaitGroup
}

type rejection struct {
	err   error
	until time.Time
}

// check is one of them.
type check struct {
	checks *checks
	name   ref
	ctx    context.Context // of the Checker
	cancel context.CancelFunc

	part sync.Mutex // held while the upload's Part is used

	kept chan struct{} // closed when the check takes long, and all but the last byte is kept
	done chan struct{} // closed at the end

	removing bool // the content was rejected; guarded by checks.mu

	soFar media.Info // when kept is closed
	info  media.Info // when done is closed, as is err
	err   error
}

func nameOf(r media.Ref) ref { return ref{r.App, media.KeyID(r.Key)} }

// BeingChecked implements media.Store.
func (s *Store) BeingChecked(r media.Ref) bool {
	c, _ := s.checks.find(nameOf(r))
	return c != nil
}

// begin checks and finishes a complete upload, whose appender it takes over.
func (s *checks) begin(a *appender) *check {
	c := &check{checks: s, name: nameOf(a.info.Ref), kept: make(chan struct{}), done: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(a.ctx)
	a.check = c
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.cancel()
	}
	if s.running == nil {
		s.running, s.rejected = map[ref]*check{}, map[ref]rejection{}
	}
	s.running[c.name] = c
	s.all.Go(func() { c.finish(a) })
	return c
}

func (c *check) finish(a *appender) {
	defer c.cancel()
	err := a.finish()
	c.info, c.err = a.end(errors.Join(err, a.part.Close()))
	c.checks.end(c)
}

// end makes the outcome known to all who wait, and to those who come soon if it is a
// rejection.
func (s *checks) end(c *check) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, c.name)
	if errors.As(c.err, new(*media.Rejected)) {
		s.remember(c.name, c.err)
	}
	close(c.done)
}

func (s *checks) remember(name ref, err error) {
	now := time.Now()
	for other, r := range s.rejected {
		if now.After(r.until) || len(s.rejected) >= maxRejections {
			delete(s.rejected, other)
		}
	}
	s.rejected[name] = rejection{err, now.Add(rejectionTime)}
}

// find returns the check of an upload that is running, or the error of one that was rejected;
// neither if there is none.
func (s *checks) find(name ref) (*check, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.rejected[name]; ok && time.Now().Before(r.until) {
		return nil, r.err
	}
	return s.running[name], nil
}

// gone is what to say of an upload of which there is neither a record nor a file: why it was
// rejected, or media.ErrNotFound. Why is told when nothing is left of it.
func (s *checks) gone(ctx context.Context, name ref, patience time.Duration) error {
	c, err := s.find(name)
	if c != nil && c.isRemoving() {
		enough := time.NewTimer(patience)
		defer enough.Stop()
		select {
		case <-c.done:
			_, err = s.find(name)
		case <-enough.C:
			return media.ErrBeingChecked
		case <-ctx.Done():
			return media.ErrBeingChecked
		}
	}
	if err == nil {
		err = media.ErrNotFound
	}
	return err
}

// remove removes the upload, of which nobody may hear until then that it does not exist.
func (c *check) remove(a *appender) error {
	c.checks.mu.Lock()
	c.removing = true
	c.checks.mu.Unlock()
	return a.remove()
}

// isRemoving is false, too, while a check goes on of what somebody else has removed.
func (c *check) isRemoving() bool {
	c.checks.mu.Lock()
	defer c.checks.mu.Unlock()
	return c.removing
}

// stop ends the check of an upload, and reports whether there was one.
func (s *checks) stop(r media.Ref) bool {
	c, _ := s.find(nameOf(r))
	if c == nil {
		return false
	}
	c.cancel()
	<-c.done
	return true
}

// close ends all checks. Those that begin later fail at once.
func (s *checks) close() {
	s.mu.Lock()
	s.closed = true
	for _, c := range s.running {
		c.cancel()
	}
	s.mu.Unlock()
	s.all.Wait()
}

// wait is for the request that brought the last byte.
func (c *check) wait(ctx context.Context, info media.Info) (media.Info, error) {
	select {
	case <-c.done:
		return c.info, c.err
	case <-c.kept:
		return c.soFar, media.ErrBeingChecked
	case <-ctx.Done():
		return info, media.ErrBeingChecked
	}
}

// join is for later requests: they bring what has arrived already.
func (c *check) join(ctx context.Context, info media.Info, src io.Reader, patience time.Duration) (media.Info, error) {
	if _, err := io.Copy(io.Discard, src); err != nil {
		return info, err
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case <-c.done:
		return c.info, c.err
	case <-enough.C:
	case <-ctx.Done():
	}
	return info, media.ErrBeingChecked
}

// run asks the Checker, and returns why the upload is not to be finished now.
func (c *check) run(a *appender, info media.Info) error {
	verdict := make(chan error, 1)
	go func() { verdict <- a.s.opts.Checker.Check(c.ctx, info, contentOf{c, a.part}) }()
	slow := time.NewTimer(a.s.opts.CheckWait)
	defer slow.Stop()
	var err error
	select {
	case err = <-verdict:
	case <-slow.C:
		if keepErr := c.keep(a); keepErr != nil {
			c.cancel()
			<-verdict // until then the Checker may read
			return keepErr
		}
		if err = <-verdict; err == nil {
			return a.saveAgain() // another gateway may have removed it, however short that took
		}
	}
	if err == nil {
		return nil
	}
	if errors.As(err, new(*media.Rejected)) {
		return errors.Join(err, c.remove(a))
	}
	return errors.Join(media.ErrUnchecked, err, a.rest(""))
}

// keep makes the upload one to go on with: at the last byte. The record goes on naming this
// gateway, so that others look whether the file is there.
func (c *check) keep(a *appender) error {
	c.part.Lock()
	defer c.part.Unlock()
	if err := a.rest(a.s.opts.Gateway); err != nil {
		return err
	}
	c.soFar = a.info
	close(c.kept)
	return nil
}

// contentOf reads a Part, which is not for concurrent use, for a Checker, which may read in many
// places at the same time.
type contentOf struct {
	check *check
	part  io.ReaderAt
}

// ReadAt implements io.ReaderAt.
func (c contentOf) ReadAt(p []byte, off int64) (int, error) {
	c.check.part.Lock()
	defer c.check.part.Unlock()
	return c.part.ReadAt(p, off)
}
