package natsengine

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/media"
)

// fetchPart reads one part by its stream sequence. It must be of the subject: in a
// stream that was made anew, sequences would lead to other files.
func (s *mediaStore) fetchPart(ctx context.Context, seq uint64, subject string) ([]byte, error) {
	id := partID{seq, subject}
	if data, ok := s.recent.parts.Get(id); ok {
		return data, nil
	}
	msg, err := s.stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		msg, err = s.askLeader(ctx, seq)
	}
	if err != nil {
		return nil, mediaError(err)
	}
	if msg.Subject != subject {
		return nil, media.ErrNotFound
	}
	s.recent.add(id, msg.Data)
	return msg.Data, nil
}

// askLeader asks the server that acknowledges parts for one that another server of the
// cluster does not have, or not yet: any may answer GetMsg, which spreads the load.
func (s *mediaStore) askLeader(ctx context.Context, seq uint64) (*jetstream.RawStreamMsg, error) {
	js, err := s.nc.JetStream()
	if err != nil {
		return nil, err
	}
	msg, err := js.GetMsg(mediaStream, seq, nats.Context(ctx))
	if errors.Is(err, nats.ErrMsgNotFound) {
		err = jetstream.ErrMsgNotFound
	}
	if err != nil {
		return nil, err
	}
	return &jetstream.RawStreamMsg{Subject: msg.Subject, Data: msg.Data}, nil
}

func (s *mediaStore) Open(ctx context.Context, app, key string) (media.Info, media.Reader, error) {
	r, _, err := s.load(ctx, app, key)
	if err != nil {
		return media.Info{}, nil, err
	}
	if !r.finished() {
		return media.Info{}, nil, media.ErrNotFound
	}
	ctx, cancel := context.WithCancel(ctx)
	reader := &partReader{ctx: ctx, cancel: cancel, s: s, app: app, key: key, record: r}
	return r.info(app, key, s.maxAge), reader, nil
}

// partReader reads a file part by part, and up to aheadParts ahead while it writes.
type partReader struct {
	ctx      context.Context
	cancel   context.CancelFunc
	s        *mediaStore
	app, key string
	record   *mediaRecord

	pos     int64
	fetches []*partFetch // consecutive parts, the first holds pos
}

type partFetch struct {
	number  int
	counted bool // holds a slot of mediaStore.ahead
	done    chan struct{}
	data    []byte
	err     error
}

func (p *partReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += p.pos
	case io.SeekEnd:
		offset += p.record.Size
	}
	if offset < 0 {
		return 0, errors.New("natsengine: seek before the start")
	}
	p.pos = offset
	return offset, nil
}

func (p *partReader) Read(b []byte) (int, error) {
	if p.pos >= p.record.Size {
		return 0, io.EOF
	}
	rest, err := p.rest(p.pos + 1)
	if err != nil {
		return 0, err
	}
	n := copy(b, rest)
	p.pos += int64(n)
	return n, nil
}

func (p *partReader) WriteN(w io.Writer, n int64) (written int64, err error) {
	end := min(p.pos+n, p.record.Size)
	for p.pos < end {
		rest, err := p.rest(end)
		if err != nil {
			return written, err
		}
		m, err := w.Write(rest[:min(int64(len(rest)), end-p.pos)])
		p.pos += int64(m)
		written += int64(m)
		if err != nil {
			return written, err
		}
	}
	if written < n {
		return written, io.EOF
	}
	return written, nil
}

// rest returns the bytes from pos to the end of its part, and has the parts up to
// end on their way.
func (p *partReader) rest(end int64) ([]byte, error) {
	number := int(p.pos / partBytes)
	for len(p.fetches) > 0 && p.fetches[0].number != number {
		p.drop()
	}
	for next := number + len(p.fetches); int64(next)*partBytes < end && len(p.fetches) <= aheadParts; next++ {
		if !p.fetch(next) {
			break
		}
	}
	f := p.fetches[0]
	<-f.done // p.ctx ends it too
	if f.err != nil {
		return nil, fmt.Errorf("part %d: %w", number, f.err)
	}
	return f.data[p.pos%partBytes:], nil
}

// fetch starts to read a part. The one that is needed now is always read; to read
// ahead takes a slot, so that many slow downloads do not fill the memory.
func (p *partReader) fetch(number int) bool {
	f := &partFetch{number: number, done: make(chan struct{})}
	if len(p.fetches) > 0 {
		select {
		case p.s.ahead <- struct{}{}:
			f.counted = true
		default:
			return false
		}
	}
	p.fetches = append(p.fetches, f)
	go func() {
		defer close(f.done)
		f.data, f.err = p.s.fetchPart(p.ctx, p.record.Parts[number], partSubject(p.app, p.key, partNumber(number)))
		if f.err == nil && len(f.data) != p.record.partLength(number) {
			f.err = errBadRecord
		}
	}()
	return true
}

// drop lets go of the first part.
func (p *partReader) drop() {
	if p.fetches[0].counted {
		<-p.s.ahead
	}
	p.fetches = p.fetches[1:]
}

func (p *partReader) Close() error {
	p.cancel()
	for len(p.fetches) > 0 {
		p.drop()
	}
	return nil
}
