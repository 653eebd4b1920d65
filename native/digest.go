package native

import (
	"crypto/sha256"
	"io"

	"rtmwasm/core"
)

var _ core.Digester = (*Host)(nil)

// SHA256 implements core.Digester.
func (h *Host) SHA256(b core.Blob, part int64, done func(sums []byte, err error)) (able bool) {
	go func() {
		var sums []byte
		var failed error
		for from := int64(0); from < b.Size() && failed == nil; from += part {
			hash := sha256.New()
			_, failed = io.Copy(hash, io.NewSectionReader(b.(*Blob), from, part))
			sums = hash.Sum(sums)
		}
		h.Do(func() { done(sums, failed) })
	}()
	return true
}
