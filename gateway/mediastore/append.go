package mediastore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

const (
	// bufferBytes is what a request holds in memory.
	bufferBytes = 128 << 10

	// keepInterval is the time between two records of a running upload: the progress that it
	// may lose when its gateway is killed.
	keepInterval = 5 * time.Second

	// sureTime is for how long after a change of the record nobody else can have taken the upload.
	// It is less than another gateway takes to find that this one is gone, see
	// media.Gateways.
	sureTime = 300 * time.Millisecond
)

var buffers = sync.Pool{New: func() any { return new([bufferBytes]byte) }}

// appender adds to an upload what one request brings.
type appender struct {
	s    *Store
	ctx  context.Context // outlives the client
	info media.Info      // what is kept
	handle

	part   Part
	began  int64 // the offset when the request came
	offset int64 // of what the part has
	keptAt time.Time
	check  *check // of a complete upload; nil: nobody checks
}

// Append implements media.Store.
func (s *Store) Append(ctx context.Context, info media.Info, src io.Reader) (media.Info, error) {
	h, err := handleOf(info)
	if err != nil {
		return info, err
	}
	if c, err := s.checks.find(nameOf(info.Ref)); err != nil {
		return info, err
	} else if c != nil {
		return c.join(ctx, info, src, s.opts.CheckWait)
	}
	a := &appender{s: s, ctx: context.WithoutCancel(ctx), info: info, handle: h, began: info.Offset, offset: info.Offset, keptAt: time.Now()}
	if err = s.ready(); err == nil {
		err = a.open(ctx)
	}
	if err != nil {
		if !errors.Is(err, media.ErrNotFound) && !errors.Is(err, media.ErrConflict) {
			err = errors.Join(err, a.unopened(h.record.Gateway))
		}
		return a.end(err)
	}
	complete, err := a.run(src)
	if complete && s.opts.Checker != nil {
		return s.checks.begin(a).wait(ctx, info)
	}
	if complete {
		err = a.finish()
	}
	return a.end(errors.Join(err, a.part.Close()))
}

// end returns what Append does.
func (a *appender) end(err error) (media.Info, error) {
	if errors.Is(err, media.ErrNotFound) || errors.Is(err, media.ErrConflict) {
		err = a.lost(err)
	}
	return a.info, err
}

// open says in the record that this gateway adds to the upload, and opens what is there.
func (a *appender) open(ctx context.Context) (err error) {
	former := a.record.Gateway
	if former != a.s.opts.Gateway {
		a.record.Gateway = a.s.opts.Gateway
		if err := a.save(ctx); err != nil {
			return err
		}
	}
	a.part, err = a.s.files.Part(ctx, a.info.App, a.info.Key, a.record.Offset)
	if errors.Is(err, media.ErrNotFound) { // what the record tells of is gone
		return errors.Join(err, a.remove())
	}
	if err == nil && former != "" && former != a.s.opts.Gateway {
		err = a.own(ctx)
	}
	if err != nil {
		return fmt.Errorf("open what has arrived: %w", err)
	}
	return nil
}

// unopened is the end of a request that could not begin to add to the upload. Whoever had it
// before is named again, so that the next request makes the part its own; and it is listed.
func (a *appender) unopened(former string) error {
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	if former == a.s.opts.Gateway {
		former = ""
	}
	if r := a.record; r.Gateway != former {
		r.Gateway = former
		if err := a.saveAs(ctx, r); err != nil {
			return err
		}
	}
	a.fresh = false
	return a.s.records.List(ctx, a.info.Ref)
}

// own keeps a gateway that did not let go from changing the part: it may live without NATS.
func (a *appender) own(ctx context.Context) error {
	p, ok := a.part.(Owner)
	if !ok {
		return nil
	}
	err := p.Own(ctx)
	if err != nil {
		err = errors.Join(err, a.part.Close())
	}
	return err
}

// run stores what src delivers. Where that does not complete the upload, it returns when what
// has arrived is kept.
func (a *appender) run(src io.Reader) (complete bool, err error) {
	err = a.copy(src)
	if a.offset == a.record.Size && err == nil {
		return true, nil
	}
	if err == nil && a.offset-a.began < core.MinMediaAppendBytes {
		a.record.Small++
	}
	return false, errors.Join(err, a.rest(""))
}

// copy stores what src delivers. An end is an end: the client may send the rest later.
func (a *appender) copy(src io.Reader) error {
	buf := buffers.Get().(*[bufferBytes]byte)
	defer buffers.Put(buf)
	have := 0
	for {
		left := a.record.Size - a.offset - int64(have)
		n, ended := 0, error(nil)
		if left > 0 {
			n, ended = src.Read(buf[have:min(int64(bufferBytes), int64(have)+left)])
		}
		have += n
		left -= int64(n)
		due := time.Since(a.keptAt) > keepInterval
		if have == bufferBytes || left == 0 || ended != nil || due {
			if err := a.write(buf[:have]); err != nil {
				return err
			}
			have = 0
		}
		switch {
		case ended == io.EOF, left == 0:
			return nil
		case ended != nil:
			return ended
		case due:
			if err := a.keep(); err != nil {
				return err
			}
		}
	}
}

func (a *appender) write(b []byte) error {
	if err := a.s.files.Room(a.ctx); err != nil {
		return err
	}
	if _, err := a.part.Write(b); err != nil {
		return fmt.Errorf("store bytes: %w", err)
	}
	a.offset += int64(len(b))
	return nil
}

// keep makes what has arrived survive this gateway.
func (a *appender) keep() error {
	r, err := a.kept()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	return a.saveAs(ctx, r)
}

// kept keeps what the part has, and returns the record that says so. The last byte is left out:
// an upload of which all has arrived is finished, or its client sends that byte again.
func (a *appender) kept() (record, error) {
	r := a.record
	if offset := min(a.offset, r.Size-1); offset > r.Offset {
		if err := a.part.Keep(a.ctx); err != nil {
			return r, fmt.Errorf("keep what has arrived: %w", err)
		}
		r.Offset = offset
	}
	return r, nil
}

// rest is the end of a request that does not finish the upload. Gateway is the record's.
func (a *appender) rest(gateway string) error {
	r, err := a.kept()
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	r.Gateway = gateway
	if saveErr := a.saveAs(ctx, r); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	a.fresh = false
	return errors.Join(err, a.s.records.List(ctx, a.info.Ref))
}

// saveAs writes r down as the record.
func (a *appender) saveAs(ctx context.Context, r record) error {
	before := a.record
	a.record = r
	if err := a.save(ctx); err != nil {
		a.record = before
		return err
	}
	return nil
}

// save writes the record down, if nobody else has.
func (a *appender) save(ctx context.Context) error {
	a.record.Touched = time.Now().UTC()
	revision, err := a.s.records.Update(ctx, a.info.App, media.KeyID(a.info.Key), a.record.encode(), a.revision)
	if err != nil {
		return fmt.Errorf("update record: %w", err)
	}
	a.revision, a.keptAt = revision, time.Now()
	a.info = a.s.info(a.info.App, a.record, revision)
	return nil
}

// finish makes the part a file, if it is what it should be.
func (a *appender) finish() error {
	info := a.info
	info.Offset, info.Touched, info.Gateway, info.Handle = info.Size, time.Now().UTC(), "", nil
	if info.Expected != nil || a.check != nil {
		var err error
		if info.Digest, info.Sums, err = Digests(a.part, info.Size); err != nil {
			return errors.Join(fmt.Errorf("read what has arrived: %w", err), a.rest(""))
		}
	}
	if info.Expected != nil && !bytes.Equal(info.Digest[:], info.Expected) {
		return errors.Join(media.ErrDigest, a.remove())
	}
	first := make([]byte, min(info.Size, media.TypeBytes))
	if _, err := a.part.ReadAt(first, 0); err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(fmt.Errorf("read the first bytes: %w", err), a.rest(""))
	}
	info.Type = media.SafeType(first)
	if a.check != nil {
		if err := a.check.run(a, info); err != nil {
			return err
		}
	}
	if time.Since(a.keptAt) > sureTime {
		if err := a.saveAgain(); err != nil {
			return err
		}
	}
	err := a.part.Finish(a.ctx, info)
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	if err != nil {
		return a.unfinished(ctx, err)
	}
	a.info = info
	a.forget(ctx, info)
	return nil
}

// saveAgain makes sure that nobody else has taken the upload.
func (a *appender) saveAgain() error {
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	return a.save(ctx)
}

// unfinished is for a part that could not be made a file.
func (a *appender) unfinished(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, media.ErrDigest): // what was to be stored is not what was hashed
		return errors.Join(err, a.remove())
	case !errors.Is(err, media.ErrConflict):
		a.mark() // it may be one all the same
		return errors.Join(fmt.Errorf("finish: %w", err), a.rest(""))
	}
	// The creation was repeated when nobody remembered it, or another gateway was faster.
	file, statErr := a.s.files.Stat(ctx, a.info.App, a.info.Key)
	digest, _, readErr := Digests(a.part, a.record.Size)
	if statErr != nil || readErr != nil || file.Digest != digest {
		return errors.Join(err, statErr, readErr)
	}
	if err := a.s.files.RemovePart(ctx, a.info.App, a.info.Key); err != nil {
		return err
	}
	if !file.Created.Equal(a.record.Created) { // the creation was counted twice
		a.s.usage.add(a.info.App, a.record.UID, a.record.Created, -a.record.Size)
	}
	a.info, err = a.s.alive(file, nil)
	a.forget(ctx, file)
	return err
}

// forget deletes the record of the finished upload. If that fails, it is tried again later:
// the file is what counts.
func (a *appender) forget(ctx context.Context, file media.Info) {
	a.mark()
	a.s.forget(ctx, file, a.record.Session, a.handle)
}

func (a *appender) mark() { a.s.mark(ref{a.info.App, media.KeyID(a.info.Key)}) }

// remove removes an upload that is never to be finished.
func (a *appender) remove() error {
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	r := a.info.Ref
	if err := a.s.records.Delete(ctx, r.App, media.KeyID(r.Key), a.revision); err != nil {
		return err
	}
	a.s.usage.add(r.App, a.record.UID, a.record.Created, -a.record.Size)
	return errors.Join(a.s.files.RemovePart(ctx, r.App, r.Key), a.s.records.Unlist(ctx, r))
}

// lost is the end of a request whose upload was changed or removed by somebody else. What has
// arrived of a removed upload must not stay behind.
func (a *appender) lost(err error) error {
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	_, _, now := a.s.records.Get(ctx, a.info.App, media.KeyID(a.info.Key))
	if !errors.Is(now, media.ErrNotFound) {
		return err
	}
	if file, err := a.s.files.Stat(ctx, a.info.App, a.info.Key); err == nil { // it was finished elsewhere
		a.info, err = a.s.alive(file, nil)
		return errors.Join(media.ErrConflict, err)
	}
	return errors.Join(media.ErrNotFound, a.s.files.RemovePart(ctx, a.info.App, a.info.Key))
}
