package mediastore

import (
	"crypto/sha256"
	"errors"
	"io"
	"sync"

	"rtmwasm/core"
)

// Digests reads a content of size bytes, and returns its SHA-256 and those of each
// core.MediaDigestBytes, one behind the other. It takes the two side by side: they cost
// more than all else that a large upload does.
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

// A buffer ends where a piece does.
var _ = [1]struct{}{}[core.MediaDigestBytes%bufferBytes]

// OnePiece reports whether the digest of a file of so many bytes is that of its only piece.
func OnePiece(size int64) bool { return size <= core.MediaDigestBytes }
