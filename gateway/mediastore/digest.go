package mediastore

import (
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"sync"

	"rtmwasm/core"
)

// digester takes the digests of an upload: of all of it, and of each core.MediaDigestBytes
// unless one of these is all. It takes the two at the same time, beside its caller: together they
// cost more than all else that a large upload does.
type digester struct {
	offset int64

	running sync.WaitGroup // until it is done, the rest must be left alone
	whole   hash.Hash
	piece   hash.Hash // of the bytes since the last of sums; nil for a file of one piece
	sums    []byte
}

// onePiece reports whether the digest of a file is that of its only piece.
func onePiece(size int64) bool { return size <= core.MediaDigestBytes }

// sumsBytes is the length of the digests of the pieces that are there of an unfinished upload.
func sumsBytes(size, offset int64) int {
	if onePiece(size) {
		return 0
	}
	return int(offset / core.MediaDigestBytes * sha256.Size)
}

// digester goes on where the record is. If that is within a piece, resume is still to be
// called.
func (r record) digester() (*digester, error) {
	d := &digester{whole: sha256.New(), sums: slices.Clone(r.Sums), offset: r.Offset}
	if !onePiece(r.Size) {
		d.piece = sha256.New()
	}
	if r.Offset == 0 {
		return d, nil
	}
	if err := d.whole.(encoding.BinaryUnmarshaler).UnmarshalBinary(r.Hash); err != nil {
		return nil, errors.Join(errBadRecord, err)
	}
	return d, nil
}

// resume reads again what is there of the last piece.
func (d *digester) resume(content io.ReaderAt) error {
	if d.piece == nil || d.offset%core.MediaDigestBytes == 0 {
		return nil
	}
	have := d.offset % core.MediaDigestBytes
	n, err := io.Copy(d.piece, io.NewSectionReader(content, d.offset-have, have))
	if err == nil && n < have {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("read the last piece: %w", err)
	}
	return nil
}

// write hashes bytes behind those of the last write. It returns before that is done: the bytes
// must stay as they are until the next write has begun, or wait has returned.
func (d *digester) write(b []byte) {
	d.wait()
	at := d.offset
	d.offset += int64(len(b))
	if d.piece == nil {
		d.whole.Write(b)
		return
	}
	d.running.Go(func() { d.whole.Write(b) })
	d.running.Go(func() { d.writePieces(at, b) })
}

// wait returns when all that was written is hashed.
func (d *digester) wait() { d.running.Wait() }

func (d *digester) writePieces(at int64, b []byte) {
	for len(b) > 0 {
		n := min(len(b), int(core.MediaDigestBytes-at%core.MediaDigestBytes))
		d.piece.Write(b[:n])
		at += int64(n)
		if at%core.MediaDigestBytes == 0 {
			d.endPiece()
		}
		b = b[n:]
	}
}

func (d *digester) endPiece() {
	d.sums = d.piece.Sum(d.sums)
	d.piece.Reset()
}

// note writes down in the record how far the digester is.
func (d *digester) note(r *record) {
	d.wait()
	r.Offset, r.Sums = d.offset, slices.Clone(d.sums)
	state, err := d.whole.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err) // SHA-256 always can
	}
	r.Hash = state
}

// finish returns the digest of all, and those of the pieces.
func (d *digester) finish() (whole [sha256.Size]byte, sums []byte) {
	d.wait()
	d.whole.Sum(whole[:0])
	switch {
	case d.piece == nil:
		d.sums = whole[:]
	case d.offset%core.MediaDigestBytes != 0:
		d.endPiece()
	}
	return whole, slices.Clone(d.sums)
}
