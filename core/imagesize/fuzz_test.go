package imagesize

import (
	"bytes"
	"image"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzRead compares the size with that of the standard decoders. They read less of a file than a
// browser, so the size may be 0 × 0 here although they find one. It must not be 0 × 0 for a
// picture that they decode to its end.
func FuzzRead(f *testing.F) {
	for format := range encoders {
		f.Add(encode(f, format, image.NewGray(image.Rect(0, 0, 3, 2))))
	}
	for _, header := range headers {
		f.Add(header)
	}
	for _, carrier := range carriers {
		f.Add(carrier(orders[0].oriented(8)))
		f.Add(carrier(orders[1].tiff(12, orders[1].entry(0x112, 3, 1, 5))))
	}
	for _, picture := range pictures(f) {
		f.Add(picture)
	}
	f.Fuzz(func(t *testing.T, picture []byte) {
		width, height, _ := read(t, picture)
		w, h := Read(picture)
		assert.Equal(t, [2]uint32{width, height}, [2]uint32{w, h})
		againstStandard(t, picture, width, height)
		shiftedAcrossWindows(t, picture, width, height)
	})
}

func againstStandard(t *testing.T, picture []byte, width, height uint32) {
	config, format, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil || format == "bmp" && max(config.Width, config.Height) > 1<<16-1 {
		return
	}
	if format == "jpeg" && !hasPrefix(picture, "\xff\xd8\xff") {
		return // browsers recognize a JPEG by three bytes, the standard decoder by two
	}
	if width == 0 {
		if config.Width*config.Height > 0 && config.Width*config.Height < 1<<16 {
			_, _, err := image.Decode(bytes.NewReader(picture))
			assert.Error(t, err, "a %s picture of %d × %d", format, config.Width, config.Height)
		}
		return
	}
	if format == "gif" { // the decoder returns the screen, which the first frame may enlarge here
		assert.GreaterOrEqual(t, int(width), config.Width)
		assert.GreaterOrEqual(t, int(height), config.Height)
		return
	}
	sizes := [][2]int{{config.Width, config.Height}}
	if format == "jpeg" || format == "png" {
		sizes = append(sizes, [2]int{config.Height, config.Width})
	}
	assert.Contains(t, sizes, [2]int{int(width), int(height)}, format)
}

// Padding at the beginning moves all other bytes to other places in the windows. It must not
// change the size.
func shiftedAcrossWindows(t *testing.T, picture []byte, width, height uint32) {
	at, padding := 2, func(n int) []byte { return jpegSegment(0xe2, make([]byte, n)) }
	switch {
	case hasPrefix(picture, "\x89PNG") && len(picture) >= pngChunks:
		at, padding = pngChunks, func(n int) []byte { return pngChunk("iCCP", make([]byte, n)) }
	case hasPrefix(picture, "GIF8") && len(picture) >= 13 && picture[10]&0x80 == 0:
		at, padding = 13, gifExtension
	case isAVIF(picture) && int64(be(picture[:4])) <= int64(len(picture)):
		at, padding = int(be(picture[:4])), func(n int) []byte { return bmffBox("free", make([]byte, n)) }
	case !hasPrefix(picture, "\xff\xd8\xff"):
		return
	}
	for _, n := range []int{10, WindowSize - len(picture)/2, 1<<16 - 1 - 2} {
		if n >= 0 && n <= 1<<16-1-2 {
			w, h, _ := read(t, slices.Concat(picture[:at], padding(n), picture[at:]))
			assert.Equal(t, [2]uint32{width, height}, [2]uint32{w, h}, "%d bytes of padding", n)
		}
	}
}
