package imagesize

import (
	"bytes"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/bmp"
	_ "golang.org/x/image/webp" // for image.Decode
)

var encoders = map[string]func(io.Writer, image.Image) error{
	"png":  png.Encode,
	"jpeg": func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) },
	"gif":  func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) },
	"bmp":  bmp.Encode,
}

func encode(t testing.TB, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, encoders[format](&b, m))
	return b.Bytes()
}

// For the files of the standard encoders, the size is that of the standard decoders.
func TestEncodedPictures(t *testing.T) {
	for format := range encoders {
		t.Run(format, func(t *testing.T) {
			for range 12 {
				bounds := image.Rect(0, 0, 1+rand.IntN(400), 1+rand.IntN(400))
				pictures := []image.Image{image.NewPaletted(bounds, palette.WebSafe)}
				if format != "gif" { // the GIF encoder would need long to find a palette
					pictures = append(pictures, image.NewRGBA(bounds), image.NewGray(bounds))
				}
				for _, m := range pictures {
					picture := encode(t, format, m)
					config, name, err := image.DecodeConfig(bytes.NewReader(picture))
					require.NoError(t, err)
					require.Equal(t, format, name)
					assertSize(t, uint32(config.Width), uint32(config.Height), picture)
				}
			}
		})
	}
}

// Go has no encoder for WebP, but its decoder reads the headers of this test.
func TestWebPHeaders(t *testing.T) {
	for range 100 {
		width, height := 1+rand.Uint32N(1<<14-1), 1+rand.Uint32N(1<<14-1)
		for _, picture := range [][]byte{webpLossy(width, height), webpLossless(width, height), webpCanvas(width, height)} {
			if len(picture)%2 != 0 {
				picture = append(picture, 0)
			}
			config, name, err := image.DecodeConfig(bytes.NewReader(picture))
			require.NoError(t, err, "%q", picture)
			require.Equal(t, "webp", name)
			assert.Equal(t, [2]int{int(width), int(height)}, [2]int{config.Width, config.Height})
			assertSize(t, width, height, picture)
		}
	}
}

// The standard decoder, too, reads the size from a progressive frame header.
func TestProgressiveJPEG(t *testing.T) {
	for marker := byte(sof0); marker <= sof2; marker++ {
		picture := join("\xff\xd8", jpegSegment(0xe0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"), frameHeader(marker, 321, 123), "\xff\xda")
		config, err := jpeg.DecodeConfig(bytes.NewReader(picture))
		require.NoError(t, err)
		assert.Equal(t, [2]int{321, 123}, [2]int{config.Width, config.Height})
		assertSize(t, 321, 123, picture)
	}
}
