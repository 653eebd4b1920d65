package imagesize

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The frame header and EXIF are at every position around the end of a window.
func TestSegmentsAcrossWindows(t *testing.T) {
	exif := exifSegment(orders[0].oriented(6))
	for missing := range 80 {
		padding := jpegSegment(0xe2, make([]byte, WindowSize-2-4-missing))
		assertSize(t, 40, 20, jpegHeader(40, 20, padding))
		assertSize(t, 20, 40, jpegHeader(40, 20, padding, exif))
		assertSize(t, 20, 40, jpegHeader(40, 20, exif, padding))
	}
}

func TestChunksAcrossWindows(t *testing.T) {
	exif := pngChunk("eXIf", orders[1].oriented(8))
	for missing := range 60 {
		padding := pngChunk("iCCP", make([]byte, WindowSize-pngChunks-12-missing))
		assertSize(t, 20, 40, pngHeader(40, 20, padding, exif))
	}
	assertSize(t, 20, 40, pngHeader(40, 20, pngChunk("iTXt", make([]byte, 20*WindowSize)), exif))
	assertSize(t, 20, 40, pngHeader(40, 20, pngChunk("eXIf", orders[1].tiff(60_000, orders[1].entry(0x112, 3, 1, 8)), make([]byte, WindowSize))))
}

func TestLargestSegments(t *testing.T) {
	largest := 1<<16 - 1 - 2 // bytes of data
	padding := jpegSegment(0xe2, make([]byte, largest))
	o := orders[0]
	directory := largest - len("Exif\x00\x00") - 2 - 12 - 4
	exif := exifSegment(o.tiff(directory, o.entry(0x112, 3, 1, 6)))
	assert.Len(t, exif, WindowSize+1)

	assertSize(t, 20, 40, jpegHeader(40, 20, padding, padding, exif, padding, padding))
}

func TestLenienceBetweenSegments(t *testing.T) {
	for name, between := range map[string]string{
		"fill bytes":       "\xff\xff\xff",
		"garbage":          "\x01\x02\xff\x00\x03",
		"without length":   "\xff\x01\xff\xd0\xff\xd7",
		"length too small": "\xff\xe2\x00\x00\xff\xe2\x00\x01",
	} {
		t.Run(name, func(t *testing.T) {
			assertSize(t, 40, 20, jpegHeader(40, 20, jpegSegment(0xe0), between))
		})
	}
}

// The Reader reads the largest number of windows, of large segments or of garbage, and no more.
func TestWindowsAreBounded(t *testing.T) {
	segments := bytes.Repeat(jpegSegment(0xe2, make([]byte, 1<<16-1-2)), maxWindows)
	almost := segments[:len(segments)/maxWindows*(maxWindows-1)]
	assertSize(t, 40, 20, jpegHeader(40, 20, almost))
	for name, front := range map[string][]byte{
		"segments": segments,
		"garbage":  slices.Concat(jpegSegment(0xe2), make([]byte, maxWindows*WindowSize)),
		"EXIF":     bytes.Repeat(jpegSegment(app1, make([]byte, WindowSize/2)), 3*maxWindows),
	} {
		t.Run(name, func(t *testing.T) {
			w, h, windows := read(t, jpegHeader(40, 20, front))
			assert.Zero(t, w|h)
			assert.Equal(t, maxWindows, windows)
		})
	}
}

// The length of a chunk or a segment may be larger than the rest of the picture.
func TestLengthsBeyondTheEnd(t *testing.T) {
	head := pngHeader(40, 20)[:pngChunks]
	assertSize(t, 0, 0, join(head, "\xff\xff\xff\xffiTXt", make([]byte, 2*WindowSize)))
	assertSize(t, 0, 0, join(head, "\xff\xff\xff\xffeXIf", make([]byte, 100)))
	assertSize(t, 0, 0, join("\xff\xd8\xff\xe2\xff\xff", make([]byte, 1000)))
	assertSize(t, 0, 0, join("\xff\xd8\xff\xe1\xff\xffExif\x00\x00", make([]byte, 1000)))
}
