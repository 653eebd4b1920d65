package mediastore

import (
	"crypto/sha256"
	"encoding"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"rtmwasm/core"
)

// digester takes the digests of an upload: of all of it, and of each core.MediaDigestBytes
// unless one of these is all.
type digester struct {
	whole  hash.Hash
	piece  hash.Hash // of the bytes since the last of sums; nil for a file of one piece
	sums   []byte
	offset int64
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

func (d *digester) write(b []byte) {
	d.whole.Write(b)
	if d.piece == nil {
		d.offset += int64(len(b))
		return
	}
	for len(b) > 0 {
		n := min(len(b), int(core.MediaDigestBytes-d.offset%core.MediaDigestBytes))
		d.piece.Write(b[:n])
		d.offset += int64(n)
		if d.offset%core.MediaDigestBytes == 0 {
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
	r.Offset, r.Sums = d.offset, slices.Clone(d.sums)
	state, err := d.whole.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err) // SHA-256 always can
	}
	r.Hash = state
}

// finish returns the digest of all, and those of the pieces.
func (d *digester) finish() (whole [sha256.Size]byte, sums []byte) {
	d.whole.Sum(whole[:0])
	switch {
	case d.piece == nil:
		d.sums = whole[:]
	case d.offset%core.MediaDigestBytes != 0:
		d.endPiece()
	}
	return whole, slices.Clone(d.sums)
}
