package imagesize

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// carriers are the headers of 40 × 20 pictures with EXIF data in them.
var carriers = map[string]func(tiff []byte) []byte{
	"JPEG": func(tiff []byte) []byte { return jpegHeader(40, 20, exifSegment(tiff)) },
	"JPEG, after the frame header": func(tiff []byte) []byte {
		return join("\xff\xd8", frameHeader(sof0, 40, 20), exifSegment(tiff), "\xff\xda")
	},
	"PNG": func(tiff []byte) []byte { return pngHeader(40, 20, pngChunk("eXIf", tiff)) },
}

func TestOrientations(t *testing.T) {
	for name, carrier := range carriers {
		for _, o := range orders {
			for orientation := range uint32(10) {
				t.Run(fmt.Sprint(name, " ", o.mark, " ", orientation), func(t *testing.T) {
					picture := carrier(o.oriented(orientation))
					if orientation >= 5 && orientation <= 8 {
						assertSize(t, 20, 40, picture)
					} else {
						assertSize(t, 40, 20, picture)
					}
				})
			}
		}
	}
}

// The expected sizes are those that Chromium 156 shows.
func TestUncommonEXIF(t *testing.T) {
	for _, o := range orders {
		six, one := o.entry(0x112, 3, 1, 6), o.entry(0x112, 3, 1, 1)
		for name, c := range map[string]struct {
			tiff   []byte
			turned bool
		}{
			"far directory":      {o.tiff(40_000, six), true},
			"directory cut off":  {slices.Replace(o.tiff(8, six), 8, 10, o.number(2, 9)...), true},
			"two tags, first 6":  {o.tiff(8, six, one), true},
			"two tags, first 1":  {o.tiff(8, one, six), false},
			"long":               {o.tiff(8, o.entry(0x112, 4, 1, 6)), false},
			"two values":         {o.tiff(8, o.entry(0x112, 3, 2, 6)), false},
			"no tag":             {o.tiff(8, o.entry(0x100, 3, 1, 6)), false},
			"empty directory":    {o.tiff(8), false},
			"directory outside":  {join(o.mark, o.number(2, 42), o.number(4, 1<<32-1)), false},
			"wrong number":       {slices.Replace(o.tiff(8, six), 2, 4, o.number(2, 43)...), false},
			"wrong order":        {slices.Replace(o.tiff(8, six), 0, 2, 'M', 'I'), false},
			"entry cut off":      {o.tiff(8, six)[:8+2+11], false},
			"count beyond entry": {slices.Replace(o.tiff(8, six), 8, 10, o.number(2, 0)...), false},
			"empty":              {nil, false},
		} {
			t.Run(o.mark+" "+name, func(t *testing.T) {
				assert.Equal(t, c.turned, turned(c.tiff))
				for n := range len(c.tiff) {
					turned(slices.Clip(c.tiff[:n])) // must not panic
				}
			})
		}
	}
}

func TestFirstEXIFInJPEGCounts(t *testing.T) {
	six, one := exifSegment(orders[0].oriented(6)), exifSegment(orders[1].oriented(1))
	useless := exifSegment([]byte("no TIFF at all"))
	xmp := jpegSegment(app1, "http://ns.adobe.com/xap/1.0/\x00", "<x:xmpmeta/>")

	assertSize(t, 20, 40, jpegHeader(40, 20, six, one))
	assertSize(t, 40, 20, jpegHeader(40, 20, one, six))
	assertSize(t, 40, 20, jpegHeader(40, 20, useless, six))
	assertSize(t, 20, 40, jpegHeader(40, 20, xmp, jpegSegment(app1), six))
	assertSize(t, 20, 40, jpegHeader(40, 20, jpegSegment(0xe0, "JFIF\x00"), six))
}

func TestEXIFBehindPNGPixelsIsIgnored(t *testing.T) {
	six := pngChunk("eXIf", orders[0].oriented(6))
	assertSize(t, 40, 20, join(pngHeader(40, 20), six, pngChunk("IEND")))
}

func TestEXIFInWebPIsIgnored(t *testing.T) {
	six := orders[0].oriented(6)
	assertSize(t, 40, 20, join(webpCanvas(40, 20), "EXIF", littleEndian(4, uint32(len(six))), six))
}
