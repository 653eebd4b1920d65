package native

import (
	"bytes"
	"errors"
	"io"

	"rtmwasm/core"
)

// Blob is the data of an upload or download: a range of an io.ReaderAt, such as bytes or an open file.
type Blob struct {
	*io.SectionReader
	h    *Host
	MIME string // "" unless it was made by a download
}

var _ core.Blob = (*Blob)(nil)

// Blob makes a Blob of the first size bytes of r. Do not change them, or close r, while the Blob is in use.
func (h *Host) Blob(r io.ReaderAt, size int64) *Blob {
	return &Blob{SectionReader: io.NewSectionReader(r, 0, size), h: h}
}

// Bytes makes a Blob of b. Do not change b afterwards.
func (h *Host) Bytes(b []byte) *Blob { return h.Blob(bytes.NewReader(b), int64(len(b))) }

// Slice implements core.Blob.
func (b *Blob) Slice(from, to int64) core.Blob {
	return &Blob{SectionReader: io.NewSectionReader(b, from, to-from), h: b.h}
}

// Read implements core.Blob.
func (b *Blob) Read(from, to int64, done func([]byte, error)) {
	go func() {
		buf := make([]byte, max(0, min(to, b.Size())-from))
		n, err := b.ReadAt(buf, from)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		b.h.Do(func() { done(buf[:n], err) })
	}()
}

// Join implements core.Host.
func (h *Host) Join(parts []core.Blob, mime string) core.Blob {
	var all joined
	for _, p := range parts {
		all = append(all, p.(*Blob))
	}
	b := h.Blob(all, all.size())
	b.MIME = mime
	return b
}

// NewBlob implements core.Host.
func (h *Host) NewBlob(b []byte) core.Blob { return h.Bytes(b) }

// joined reads several Blobs as one.
type joined []*Blob

func (j joined) size() (n int64) {
	for _, b := range j {
		n += b.Size()
	}
	return n
}

// ReadAt implements io.ReaderAt.
func (j joined) ReadAt(p []byte, off int64) (n int, err error) {
	for _, b := range j {
		if off >= b.Size() {
			off -= b.Size()
			continue
		}
		m, err := b.ReadAt(p[n:], off)
		n += m
		if n == len(p) || err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
		off = 0
	}
	return n, io.EOF
}
