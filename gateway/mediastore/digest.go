package mediastore

import (
	"crypto/sha256"
	"errors"
	"io"
	"sync"

	"rtmwasm/core"
)

// Digests reads a content of size bytes. It returns the SHA-256 of all bytes, and the SHA-256 of each
// piece of core.MediaDigestBytes, one after the other. It computes both at the same time, because they
// take longer than everything else in a large upload.
func Digests(content io.ReaderAt, size int64) (whole [sha256.Size]byte, sums []byte, err error) {
	buf := buffers.Get().(*[bufferBytes]byte)
	defer buffers.Put(buf)
	all, piece := sha256.New(), sha256.New()
	var running sync.WaitGroup
	for at := int64(0); at < size; {
		end := min(at+bufferBytes, size)
		if n, err := content.ReadAt(buf[:end-at], at); int64(n) < end-at {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return whole, nil, err
		}
		b := buf[:end-at]
		at = end
		if OnePiece(size) {
			all.Write(b)
			continue
		}
		running.Go(func() { all.Write(b) })
		piece.Write(b)
		if at%core.MediaDigestBytes == 0 || at == size {
			sums = piece.Sum(sums)
			piece.Reset()
		}
		running.Wait()
	}
	all.Sum(whole[:0])
	if OnePiece(size) {
		sums = append(sums, whole[:]...)
	}
	return whole, sums, nil
}

// Each piece ends where a buffer ends. This line does not compile if that is wrong.
var _ = [1]struct{}{}[core.MediaDigestBytes%bufferBytes]

// OnePiece reports whether a file of size bytes has only one piece, whose digest is the file's.
func OnePiece(size int64) bool { return size <= core.MediaDigestBytes }
