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
	// bufferBytes is how much of its body a request holds in memory.
	bufferBytes = 128 << 10

	// saveInterval is how often the progress of a running upload is saved. When the gateway is
	// killed, the upload loses the progress since the last time.
	saveInterval = 5 * time.Second

	// ownedTime is for how long after an update of its record an upload certainly belongs to this
	// gateway. Another gateway needs longer to find out that this one is gone, see media.Gateways.
	ownedTime = 300 * time.Millisecond
)

var buffers = sync.Pool{New: func() any { return new([bufferBytes]byte) }}

// appender adds the bytes of one request to an upload.
type appender struct {
	s    *Store
	ctx  context.Context // does not end when the client disconnects
	info media.Info      // the upload as the record has it
	handle

	part    Part
	began   int64     // the offset when the request came
	offset  int64     // where the part ends
	savedAt time.Time // when the record was last updated
	check   *check    // of a complete upload; nil if there is no Checker
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
	a := &appender{s: s, ctx: context.WithoutCancel(ctx), info: info, handle: h, began: info.Offset, offset: info.Offset, savedAt: time.Now()}
	if err = s.ready(); err == nil {
		err = a.open(ctx)
	}
	if err != nil {
		if !errors.Is(err, media.ErrNotFound) && !errors.Is(err, media.ErrConflict) {
			err = errors.Join(err, a.restoreOwner(h.record.Gateway))
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

// end returns the results of Append.
func (a *appender) end(err error) (media.Info, error) {
	if errors.Is(err, media.ErrNotFound) || errors.Is(err, media.ErrConflict) {
		err = a.lost(err)
	}
	return a.info, err
}

// open writes into the record that this gateway adds to the upload, and opens the part.
func (a *appender) open(ctx context.Context) (err error) {
	former := a.record.Gateway
	if former != a.s.opts.Gateway {
		a.record.Gateway = a.s.opts.Gateway
		if err := a.save(ctx); err != nil {
			return err
		}
	}
	a.part, err = a.s.files.Part(ctx, a.info.App, a.info.Key, a.record.Offset)
	if errors.Is(err, media.ErrNotFound) { // the bytes that the record promises are missing
		return errors.Join(err, a.remove())
	}
	if err == nil && former != "" && former != a.s.opts.Gateway {
		err = a.takeOverPart(ctx)
	}
	if err != nil {
		return fmt.Errorf("open the part: %w", err)
	}
	return nil
}

// restoreOwner is called when open has failed. It writes the former gateway into the record again, so
// that the next request claims the part. It also lists the upload.
func (a *appender) restoreOwner(former string) error {
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	if former == a.s.opts.Gateway {
		former = ""
	}
	if r := a.record; r.Gateway != former {
		r.Gateway = former
		if err := a.replaceRecord(ctx, r); err != nil {
			return err
		}
	}
	a.fresh = false
	return a.s.records.AddToSession(ctx, a.info.Ref)
}

// takeOverPart prevents the former gateway from changing the part. That gateway may still be running
// without a connection to NATS.
func (a *appender) takeOverPart(ctx context.Context) error {
	p, ok := a.part.(SharedPart)
	if !ok {
		return nil
	}
	err := p.TakeOver(ctx)
	if err != nil {
		err = errors.Join(err, a.part.Close())
	}
	return err
}

// run stores the bytes of src. If they do not complete the upload, run also saves the progress.
func (a *appender) run(src io.Reader) (complete bool, err error) {
	err = a.copy(src)
	if a.offset == a.record.Size && err == nil {
		return true, nil
	}
	if err == nil && a.offset-a.began < core.MinMediaAppendBytes {
		a.record.Small++
	}
	return false, errors.Join(err, a.suspend(""))
}

// copy writes the bytes of src to the part. It is no error if src ends before the upload is complete:
// the client may send the rest later.
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
		due := time.Since(a.savedAt) > saveInterval
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
			if err := a.saveProgress(); err != nil {
				return err
			}
		}
	}
}

func (a *appender) write(b []byte) error {
	if err := a.s.files.CheckSpace(a.ctx); err != nil {
		return err
	}
	if _, err := a.part.Write(b); err != nil {
		return fmt.Errorf("store bytes: %w", err)
	}
	a.offset += int64(len(b))
	return nil
}

// saveProgress stores the bytes so far and the record durably. After a crash of this gateway, the
// upload continues from there.
func (a *appender) saveProgress() error {
	r, err := a.syncPart()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	return a.replaceRecord(ctx, r)
}

// syncPart stores the part durably, and returns the record with the new offset. The offset never
// includes the last byte: a complete upload is finished, or its client sends that byte again.
func (a *appender) syncPart() (record, error) {
	r := a.record
	if offset := min(a.offset, r.Size-1); offset > r.Offset {
		if err := a.part.Sync(a.ctx); err != nil {
			return r, fmt.Errorf("store the bytes so far durably: %w", err)
		}
		r.Offset = offset
	}
	return r, nil
}

// suspend ends a request that does not finish the upload: it saves the progress and lists the upload.
// gateway is the new value of the record's Gateway.
func (a *appender) suspend(gateway string) error {
	r, err := a.syncPart()
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	r.Gateway = gateway
	if saveErr := a.replaceRecord(ctx, r); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	a.fresh = false
	return errors.Join(err, a.s.records.AddToSession(ctx, a.info.Ref))
}

// replaceRecord stores r as the record. After an error, the appender still has the record from before.
func (a *appender) replaceRecord(ctx context.Context, r record) error {
	before := a.record
	a.record = r
	if err := a.save(ctx); err != nil {
		a.record = before
		return err
	}
	return nil
}

// save stores the record. It returns media.ErrConflict if another request has changed the record.
func (a *appender) save(ctx context.Context) error {
	a.record.Touched = time.Now().UTC()
	revision, err := a.s.records.Update(ctx, a.info.App, media.KeyID(a.info.Key), a.record.encode(), a.revision)
	if err != nil {
		return fmt.Errorf("update record: %w", err)
	}
	a.revision, a.savedAt = revision, time.Now()
	a.info = a.s.info(a.info.App, a.record, revision)
	return nil
}

// finish makes the part a file if its content passes all checks.
func (a *appender) finish() error {
	info := a.info
	info.Offset, info.Touched, info.Gateway, info.Handle = info.Size, time.Now().UTC(), "", nil
	if info.Expected != nil || a.check != nil {
		var err error
		if info.Digest, info.Sums, err = Digests(a.part, info.Size); err != nil {
			return errors.Join(fmt.Errorf("read the part: %w", err), a.suspend(""))
		}
	}
	if info.Expected != nil && !bytes.Equal(info.Digest[:], info.Expected) {
		return errors.Join(media.ErrDigest, a.remove())
	}
	first := make([]byte, min(info.Size, media.TypeBytes))
	if _, err := a.part.ReadAt(first, 0); err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(fmt.Errorf("read the first bytes: %w", err), a.suspend(""))
	}
	info.Type = media.SafeType(first)
	if a.check != nil {
		if err := a.check.run(a, info); err != nil {
			return err
		}
	}
	if time.Since(a.savedAt) > ownedTime {
		if err := a.confirmOwner(); err != nil {
			return err
		}
	}
	err := a.part.Finish(a.ctx, info)
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	if err != nil {
		return a.finishFailed(ctx, err)
	}
	a.info = info
	a.conclude(ctx, info)
	return nil
}

// confirmOwner updates the record once more. This fails if another gateway has taken over the upload.
func (a *appender) confirmOwner() error {
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	return a.save(ctx)
}

// finishFailed handles a part that could not be made a file.
func (a *appender) finishFailed(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, media.ErrDigest): // the part does not have the content that was hashed
		return errors.Join(err, a.remove())
	case !errors.Is(err, media.ErrConflict):
		a.noteFinished() // there may be a file in spite of the error
		return errors.Join(fmt.Errorf("finish: %w", err), a.suspend(""))
	}
	// There is a file already. Either the client repeated the creation after the record was deleted, or
	// another gateway has finished the upload first.
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
	a.info, err = a.s.unlessExpired(file, nil)
	a.conclude(ctx, file)
	return err
}

// conclude reports the finished upload and deletes its record. If the record cannot be deleted, the
// store tries again later.
func (a *appender) conclude(ctx context.Context, file media.Info) {
	a.noteFinished()
	a.s.conclude(ctx, file, a.record.Session, a.handle)
}

func (a *appender) noteFinished() { a.s.noteFinished(ref{a.info.App, media.KeyID(a.info.Key)}) }

// remove removes an upload that can never be finished: its record and its bytes.
func (a *appender) remove() error {
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	r := a.info.Ref
	if err := a.s.records.Delete(ctx, r.App, media.KeyID(r.Key), a.revision); err != nil {
		return err
	}
	a.s.usage.add(r.App, a.record.UID, a.record.Created, -a.record.Size)
	return errors.Join(a.s.files.RemovePart(ctx, r.App, r.Key), a.s.records.RemoveFromSession(ctx, r))
}

// lost ends a request whose upload was changed or removed by another request. If the upload was
// removed, lost also removes the bytes that this request has stored since.
func (a *appender) lost(err error) error {
	ctx, cancel := context.WithTimeout(a.ctx, endTimeout)
	defer cancel()
	_, _, now := a.s.records.Get(ctx, a.info.App, media.KeyID(a.info.Key))
	if !errors.Is(now, media.ErrNotFound) {
		return err
	}
	if file, err := a.s.files.Stat(ctx, a.info.App, a.info.Key); err == nil { // it was finished elsewhere
		a.info, err = a.s.unlessExpired(file, nil)
		return errors.Join(media.ErrConflict, err)
	}
	return errors.Join(media.ErrNotFound, a.s.files.RemovePart(ctx, a.info.App, a.info.Key))
}
