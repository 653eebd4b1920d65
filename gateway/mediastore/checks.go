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
	// defaultCheckWait is used if Options.CheckWait is 0.
	defaultCheckWait = 8 * time.Second

	// A rejection is remembered for rejectionTime, for a client that was not waiting for it. At
	// most maxRejections are remembered.
	rejectionTime = 10 * time.Minute
	maxRejections = 1000
)

// checks are the running checks of this gateway. A check continues after the request that brought
// the last byte has ended; later requests wait for its result. As long as this gateway runs, other
// gateways do not take over an upload that it checks.
type checks struct {
	mu       sync.Mutex // guards the rest
	running  map[ref]*check
	rejected map[ref]rejection
	closed   bool
	all      sync.WaitGroup
}

// rejection is the result of a check that rejected an upload.
type rejection struct {
	err   error
	until time.Time
}

// check is the check of one complete upload.
type check struct {
	checks *checks
	name   ref
	ctx    context.Context // for the Checker
	cancel context.CancelFunc

	part sync.Mutex // held while the upload's Part is used

	slow chan struct{} // closed when the check takes long, after the progress was saved
	done chan struct{} // closed at the end

	removing bool // the content was rejected; guarded by checks.mu

	soFar media.Info // set before slow is closed
	info  media.Info // set before done is closed, like err
	err   error
}

func nameOf(r media.Ref) ref { return ref{r.App, media.KeyID(r.Key)} }

// BeingChecked implements media.Store.
func (s *Store) BeingChecked(r media.Ref) bool {
	c, _ := s.checks.find(nameOf(r))
	return c != nil
}

// begin starts to check and finish a complete upload. It takes over the appender.
func (s *checks) begin(a *appender) *check {
	c := &check{checks: s, name: nameOf(a.info.Ref), slow: make(chan struct{}), done: make(chan struct{})}
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

// end tells the result to all waiting requests. A rejection is also remembered for later requests.
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

// find returns the running check of an upload, or the error of an upload that was rejected. It
// returns nil, nil if there is neither.
func (s *checks) find(name ref) (*check, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.rejected[name]; ok && time.Now().Before(r.until) {
		return nil, r.err
	}
	return s.running[name], nil
}

// missing returns the error for an upload that has neither a record nor a file: its rejection, or
// media.ErrNotFound. It returns the rejection only after the upload is completely removed. It waits
// for that up to maxWait, and then returns media.ErrBeingChecked.
func (s *checks) missing(ctx context.Context, name ref, maxWait time.Duration) error {
	c, err := s.find(name)
	if c != nil && c.isRemoving() {
		timer := time.NewTimer(maxWait)
		defer timer.Stop()
		select {
		case <-c.done:
			_, err = s.find(name)
		case <-timer.C:
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

// remove removes a rejected upload. While it does so, missing does not return media.ErrNotFound.
func (c *check) remove(a *appender) error {
	c.checks.mu.Lock()
	c.removing = true
	c.checks.mu.Unlock()
	return a.remove()
}

// isRemoving reports whether the check is removing its rejected upload. It is false if another
// gateway has removed the upload during the check.
func (c *check) isRemoving() bool {
	c.checks.mu.Lock()
	defer c.checks.mu.Unlock()
	return c.removing
}

// stop cancels the check of an upload and waits for its end. It reports whether there was a check.
func (s *checks) stop(r media.Ref) bool {
	c, _ := s.find(nameOf(r))
	if c == nil {
		return false
	}
	c.cancel()
	<-c.done
	return true
}

// close cancels all checks and waits for their end. Later checks fail at once.
func (s *checks) close() {
	s.mu.Lock()
	s.closed = true
	for _, c := range s.running {
		c.cancel()
	}
	s.mu.Unlock()
	s.all.Wait()
}

// wait is called by the request that brought the last byte. It returns the result of the check, or
// media.ErrBeingChecked if that takes long.
func (c *check) wait(ctx context.Context, info media.Info) (media.Info, error) {
	select {
	case <-c.done:
		return c.info, c.err
	case <-c.slow:
		return c.soFar, media.ErrBeingChecked
	case <-ctx.Done():
		return info, media.ErrBeingChecked
	}
}

// join is called by a later request. It drops the body, because all bytes have arrived already. Then it
// waits for the result up to maxWait.
func (c *check) join(ctx context.Context, info media.Info, src io.Reader, maxWait time.Duration) (media.Info, error) {
	if _, err := io.Copy(io.Discard, src); err != nil {
		return info, err
	}
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case <-c.done:
		return c.info, c.err
	case <-timer.C:
	case <-ctx.Done():
	}
	return info, media.ErrBeingChecked
}

// run asks the Checker. It returns nil if the upload may be finished now, else the reason.
func (c *check) run(a *appender, info media.Info) error {
	verdict := make(chan error, 1)
	go func() { verdict <- a.s.opts.Checker.Check(c.ctx, info, contentOf{c, a.part}) }()
	slow := time.NewTimer(a.s.opts.CheckWait)
	defer slow.Stop()
	var err error
	select {
	case err = <-verdict:
	case <-slow.C:
		if suspendErr := c.suspend(a); suspendErr != nil {
			c.cancel()
			<-verdict // until then the Checker may read the part
			return suspendErr
		}
		if err = <-verdict; err == nil {
			return a.confirmOwner() // another gateway may have removed the upload meanwhile
		}
	}
	if err == nil {
		return nil
	}
	if errors.As(err, new(*media.Rejected)) {
		return errors.Join(err, c.remove(a))
	}
	return errors.Join(media.ErrUnchecked, err, a.suspend(""))
}

// suspend saves the progress of an upload whose check takes long, so that its client can send the last
// byte again. The record still names this gateway; so other gateways look whether the file exists.
func (c *check) suspend(a *appender) error {
	c.part.Lock()
	defer c.part.Unlock()
	if err := a.suspend(a.s.opts.Gateway); err != nil {
		return err
	}
	c.soFar = a.info
	close(c.slow)
	return nil
}

// contentOf lets a Checker read a Part from many goroutines. A Part itself is not safe for that.
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
