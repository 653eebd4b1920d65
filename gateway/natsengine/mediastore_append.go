package natsengine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// appender stores what one request brings. Parts go out up to windowParts ahead of
// their acknowledgements; the record follows the acknowledgements.
type appender struct {
	s        *mediaStore
	app, key string

	record   *mediaRecord // covers acknowledged parts only
	revision uint64
	saved    int64     // offset that is written down
	savedAt  time.Time // and when

	hash    hash.Hash
	sent    int64            // offset up to which parts are published
	pending []*partSent      // published, oldest first
	stale   []uint64         // last parts that a longer one replaces
	tail    *[partBytes]byte // of a resumed upload: the last part, to be filled up
}

// partSent is a part on its way.
type partSent struct {
	number int
	end    int64  // offset behind it
	state  []byte // of the hash, up to end
	kind   string // content type, for part 0

	done chan struct{} // closed when seq or err is set
	seq  uint64
	sums []byte // of each core.MediaDigestBytes of the part
	err  error
}

func (s *mediaStore) Append(ctx context.Context, app, key string, offset int64, src io.Reader) (media.Info, error) {
	r, revision, err := s.load(ctx, app, key)
	if err != nil {
		return media.Info{}, err
	}
	if r.Offset != offset || r.finished() {
		return r.info(app, key, s.maxAge), media.ErrConflict
	}
	a := &appender{
		s: s, app: app, key: key,
		record: r, revision: revision,
		saved: offset, savedAt: time.Now(), sent: offset,
	}
	err = a.run(ctx, src)
	if errors.Is(err, media.ErrNotFound) || errors.Is(err, media.ErrConflict) {
		err = a.lost(ctx, err)
	}
	a.record.Offset = a.saved // only this much is sure
	return a.record.info(app, key, s.maxAge), err
}

// run returns when src has ended and all of it is stored, or at the first error, with
// what was acknowledged written down.
func (a *appender) run(ctx context.Context, src io.Reader) (err error) {
	if a.hash, err = a.record.hash(); err != nil {
		return err
	}
	if err = a.loadTail(ctx); err != nil {
		return err
	}
	err = a.sendAll(ctx, src)
	for len(a.pending) > 0 {
		if settleErr := a.settle(ctx); settleErr != nil {
			a.pending = nil
			err = errors.Join(err, settleErr)
		}
	}
	if a.record.Offset > a.saved {
		err = errors.Join(err, a.save(ctx))
	}
	return err
}

// loadTail fetches the last part of a resumed upload if it has room left: together
// with the bytes that follow it is stored again, so that the file stays in even parts.
func (a *appender) loadTail(ctx context.Context) error {
	if a.record.Offset%partBytes == 0 {
		return nil
	}
	last := len(a.record.Parts) - 1
	data, err := a.s.fetchPart(ctx, a.record.Parts[last], partSubject(a.app, a.key, partNumber(last)))
	if err != nil {
		return fmt.Errorf("last part: %w", err)
	}
	if len(data) != a.record.partLength(last) {
		return errBadRecord
	}
	a.tail = a.s.buffer()
	copy(a.tail[:], data)
	return nil
}

func (a *appender) sendAll(ctx context.Context, src io.Reader) error {
	var ended error
	for ended == nil && a.sent < a.record.Size {
		buf := a.tail
		if a.tail = nil; buf == nil {
			buf = a.s.buffer()
		}
		have := int(a.sent % partBytes)
		room := min(partBytes-have, int(a.record.Size-a.sent))
		var n int
		n, ended = io.ReadFull(src, buf[have:have+room])
		if n == 0 {
			a.s.buffers.Put(buf)
			break
		}
		a.hash.Write(buf[have : have+n])
		if err := a.send(ctx, buf, have+n, int64(n)); err != nil {
			return err
		}
		if err := a.settleSome(ctx); err != nil {
			return err
		}
	}
	if ended == io.EOF || ended == io.ErrUnexpectedEOF { // an end is an end: the client may send the rest later
		return nil
	}
	return ended
}

// send starts to publish the first length bytes of buf as a part, added of which are
// new; buf goes back when the engine has them. Parts may overtake each other: the
// record gives their order.
func (a *appender) send(ctx context.Context, buf *[partBytes]byte, length int, added int64) error {
	select {
	case a.s.sending <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	p := &partSent{
		number: int(a.sent / partBytes),
		end:    a.sent + added,
		state:  hashState(a.hash),
		done:   make(chan struct{}),
	}
	if p.number == 0 {
		p.kind = media.SafeType(buf[:min(length, 512)])
	}
	go func() {
		defer close(p.done)
		for b := range slices.Chunk(buf[:length], core.MediaDigestBytes) {
			sum := sha256.Sum256(b)
			p.sums = append(p.sums, sum[:]...)
		}
		subject := partSubject(a.app, a.key, partNumber(p.number))
		p.seq, p.err = a.s.publishPart(ctx, subject, buf[:length])
		if p.err != nil || !a.s.recent.add(partID{p.seq, subject}, buf[:length]) {
			a.s.buffers.Put(buf)
		}
		<-a.s.sending
	}()
	a.sent = p.end
	a.pending = append(a.pending, p)
	return nil
}

// settleSome takes in the acknowledgements that are there, and waits for some when
// the window is full. It writes the offset down now and then.
func (a *appender) settleSome(ctx context.Context) error {
	for len(a.pending) > 0 && (len(a.pending) >= windowParts || isClosed(a.pending[0].done)) {
		if err := a.settle(ctx); err != nil {
			return err
		}
	}
	if time.Since(a.savedAt) > saveInterval && a.record.Offset > a.saved && !a.record.finished() {
		return a.save(ctx)
	}
	return nil
}

// publishPart returns the sequence under which the engine has stored data.
func (s *mediaStore) publishPart(ctx context.Context, subject string, data []byte) (uint64, error) {
	if err := s.room.Check(); err != nil {
		return 0, err
	}
	ack, err := s.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: data})
	if err != nil {
		return 0, mediaError(err)
	}
	return ack.Sequence, nil
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// settle waits for the oldest part and adds it to the record.
func (a *appender) settle(ctx context.Context) error {
	p := a.pending[0]
	select {
	case <-p.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if p.err != nil {
		return fmt.Errorf("part %d: %w", p.number, p.err)
	}
	a.pending = a.pending[1:]
	r := a.record
	if before := sumsBytes(int64(p.number) * partBytes); len(r.Sums) >= before { // a file begun by an older gateway has none
		r.Sums = append(r.Sums[:before], p.sums...)
	}
	if p.number < len(r.Parts) {
		a.stale = append(a.stale, r.Parts[p.number])
		r.Parts[p.number] = p.seq
	} else {
		r.Parts = append(r.Parts, p.seq)
	}
	if p.kind != "" {
		r.Type = p.kind
	}
	r.Offset, r.Hash = p.end, p.state
	return nil
}

// save writes the record down; the last time with the digest.
func (a *appender) save(ctx context.Context) (err error) {
	r := a.record
	r.Touched = time.Now().UTC()
	if r.finished() {
		sum := a.hash.Sum(nil)
		if r.Expected != nil && !bytes.Equal(sum, r.Expected) {
			return errors.Join(media.ErrDigest, a.reject(ctx))
		}
		r.Digest, r.Hash = sum, nil
	}
	if a.revision, err = a.s.save(ctx, a.app, a.key, r, a.revision); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	a.saved, a.savedAt = r.Offset, time.Now()
	if r.finished() {
		err = a.s.unlist(ctx, media.Ref{App: a.app, Key: a.key, Session: r.Session})
	}
	// Only now is nothing left that points to them.
	for _, seq := range slices.Backward(a.stale) {
		err = errors.Join(err, a.s.stream.DeleteMsg(ctx, seq))
	}
	a.stale = nil
	return err
}

// reject removes an upload that was never finished, if nobody else has changed it.
// What fails here is left to a sweep, or to the sender's next attempt.
func (a *appender) reject(ctx context.Context) error {
	record := recordKey(a.app, a.key)
	if err := a.s.kv.Delete(ctx, record, jetstream.LastRevision(a.revision)); err != nil {
		return mediaError(err)
	}
	return errors.Join(
		a.s.forget(ctx, record), // the marker that the delete has left
		a.s.purgeParts(ctx, a.app, a.key),
		a.s.uncount(ctx, a.app, a.key),
		a.s.unlist(ctx, media.Ref{App: a.app, Key: a.key, Session: a.record.Session}),
	)
}

// lost is the end of an append whose record was changed or removed by someone else.
// Parts of a removed file must not stay behind.
func (a *appender) lost(ctx context.Context, err error) error {
	_, _, now := a.s.load(ctx, a.app, a.key)
	if !errors.Is(now, media.ErrNotFound) {
		return err
	}
	return errors.Join(media.ErrNotFound, a.s.purgeParts(ctx, a.app, a.key))
}
