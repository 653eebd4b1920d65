package imagemeta

import (
	"bytes"
	"image"
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzStrip checks that a picture which the standard decoders decode has the same pixels after
// stripping.
func FuzzStrip(f *testing.F) {
	for _, picture := range full(f) {
		f.Add(picture)
	}
	for _, picture := range [][]byte{plainJPEG(f, 20, 10), plainPNG(f, 20, 10), webpLossy, webpLossless} {
		f.Add(picture)
	}
	f.Fuzz(func(t *testing.T, picture []byte) {
		s := New(int64(len(picture)))
		reads := 0
		for offset, n, done := s.Next(); !done; offset, n, done = s.Next() {
			if !assert.True(t, offset >= 0 && n > 0 && offset+int64(n) <= int64(len(picture)), "%d bytes from %d of %d", n, offset, len(picture)) {
				return
			}
			s.Feed(picture[offset : offset+int64(n)])
			if reads++; !assert.LessOrEqual(t, reads, 2*len(picture)+2) {
				return
			}
		}
		for _, p := range s.Parts() {
			if p.New == "" {
				assert.True(t, 0 <= p.From && p.From < p.To && p.To <= int64(len(picture)))
			}
		}
		stripped := Strip(picture)
		assert.Equal(t, stripped, Strip(stripped))
		if config, _, err := image.DecodeConfig(bytes.NewReader(picture)); err != nil || config.Width*config.Height > 1<<16 {
			return
		}
		if before, _, err := image.Decode(bytes.NewReader(picture)); err == nil {
			after, _, err := image.Decode(bytes.NewReader(stripped))
			if assert.NoError(t, err) {
				assert.Equal(t, before, after)
			}
		}
	})
}
