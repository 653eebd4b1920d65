package mediastore

import (
	"crypto/sha256"
	"encoding"
	"errors"
	"hash"
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

// digester goes on where the record is.
func (r record) digester() (*digester, error) {
	d := &digester{whole: sha256.New(), sums: slices.Clone(r.Sums), offset: r.Offset}
	if err := setState(d.whole, r.Hash, r.Offset != 0); err != nil {
		return nil, err
	}
	if onePiece(r.Size) {
		return d, nil
	}
	d.piece = sha256.New()
	return d, setState(d.piece, r.Piece, r.Offset%core.MediaDigestBytes != 0)
}

// setState lets a hash go on where a record says, which has no state where nothing has been hashed.
func setState(h hash.Hash, state []byte, want bool) error {
	if !want {
		return nil
	}
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		return errors.Join(errBadRecord, err)
	}
	return nil
}

// stateOf is what setState takes.
func stateOf(h hash.Hash) []byte {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err) // SHA-256 always can
	}
	return state
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
	r.Hash, r.Piece = stateOf(d.whole), nil
	if d.piece != nil && d.offset%core.MediaDigestBytes != 0 {
		r.Piece = stateOf(d.piece)
	}
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
