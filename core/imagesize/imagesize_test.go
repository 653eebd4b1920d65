package imagesize

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read uses a Reader like a caller. It checks that offsets only grow, and that the number of
// windows is limited. Windows have no spare capacity, so a step that reads after the end panics.
func read(t *testing.T, picture []byte) (width, height uint32, windows int) {
	t.Helper()
	var r Reader
	for offset, done := r.Next(); !done; windows++ {
		from := min(offset, int64(len(picture)))
		to := min(offset+WindowSize, int64(len(picture)))
		r.Feed(slices.Clip(slices.Clone(picture[from:to])))
		var next int64
		if next, done = r.Next(); !done {
			require.Greater(t, next, offset)
		}
		offset = next
	}
	require.LessOrEqual(t, windows, maxWindows)
	width, height = r.Size()
	require.Equal(t, width == 0, height == 0, "%d × %d", width, height)
	return width, height, windows
}

func assertSize(t *testing.T, width, height uint32, picture []byte) {
	t.Helper()
	w, h, _ := read(t, picture)
	assert.Equal(t, [2]uint32{width, height}, [2]uint32{w, h})
}

var headers = map[string][]byte{
	"PNG":            pngHeader(40, 20),
	"JPEG":           jpegHeader(40, 20, jpegSegment(0xe0, "JFIF\x00")),
	"JPEG with EXIF": jpegHeader(20, 40, exifSegment(orders[0].oriented(6))),
	"GIF 87":         gifHeader("87a", 40, 20),
	"GIF 89":         gifHeader("89a", 40, 20),
	"GIF, extension": gifHeader("89a", 40, 20, gifExtension(600)),
	"AVIF":           avifHeader(40, 20),
	"AVIF, boxes":    avifHeader(40, 20, bmffBox("free", make([]byte, 30)), "\x00\x00\x00\x01free\x00\x00\x00\x00\x00\x00\x00\x11\x00"),
	"icon":           icoHeader([2]byte{16, 16}, [2]byte{40, 20}, [2]byte{32, 20}),
	"BMP of OS/2":    bmpHeader(12, 40, 20),
	"BMP of OS/2 2":  bmpHeader(64, 40, 20),
	"BMP":            bmpHeader(40, 40, 20),
	"BMP, top-down":  bmpHeader(40, 40, -20),
	"BMP 4":          bmpHeader(108, 40, 20),
	"BMP 5":          bmpHeader(124, 40, -20),
	"WebP, lossy":    webpLossy(40, 20),
	"WebP, scaled":   webpLossy(40|1<<14, 20|3<<14),
	"WebP, lossless": webpLossless(40, 20),
	"WebP, extended": webpCanvas(40, 20),
}

func TestHeadersWholeAndCutShort(t *testing.T) {
	for name, header := range headers {
		t.Run(name, func(t *testing.T) {
			assertSize(t, 40, 20, header)
			assertSize(t, 40, 20, append(slices.Clone(header), "more"...))
			enough := len(header)
			if strings.HasPrefix(name, "PNG") {
				enough -= 4 // the checksum of an empty IDAT
			}
			for n := range enough {
				w, h, _ := read(t, header[:n])
				assert.Zero(t, w|h, "%d bytes", n)
			}
		})
	}
}

func TestLargestSides(t *testing.T) {
	for name, c := range map[string]struct {
		picture       []byte
		width, height uint32
	}{
		"PNG":                     {pngHeader(1<<31-1, 1<<31-1), 1<<31 - 1, 1<<31 - 1},
		"JPEG":                    {jpegHeader(65535, 65535), 65535, 65535},
		"GIF":                     {gifHeader("89a", 65535, 65535), 65535, 65535},
		"AVIF":                    {avifHeader(65535, 65535), 65535, 65535},
		"icon":                    {icoHeader([2]byte{255, 0}), 255, 256},
		"BMP of OS/2":             {bmpHeader(12, 65535, 65535), 65535, 65535},
		"BMP":                     {bmpHeader(40, 65535, -65535), 65535, 65535},
		"WebP, lossy":             {webpLossy(16383, 16383), 16383, 16383},
		"WebP, lossless":          {webpLossless(16384, 16384), 16384, 16384},
		"WebP, extended, wide":    {webpCanvas(1<<24, 255), 1 << 24, 255},
		"PNG, too wide":           {pngHeader(1<<31, 1), 0, 0},
		"PNG, too high":           {pngHeader(1, 1<<31), 0, 0},
		"BMP, too wide":           {bmpHeader(40, 65536, 1), 0, 0},
		"BMP, too high":           {bmpHeader(40, 1, -65536), 0, 0},
		"BMP, width below 0":      {bmpHeader(40, -40, 20), 0, 0},
		"BMP, lowest height":      {bmpHeader(40, 40, -1<<31), 0, 0},
		"WebP, extended, too big": {webpCanvas(1<<24, 256), 0, 0},
	} {
		t.Run(name, func(t *testing.T) { assertSize(t, c.width, c.height, c.picture) })
	}
}

func TestNothingToMeasure(t *testing.T) {
	for name, picture := range map[string][]byte{
		"empty":                     nil,
		"text":                      []byte(strings.Repeat("no picture ", 20)),
		"SVG":                       []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"/>`),
		"zeros":                     make([]byte, 2*WindowSize),
		"PNG, no width":             pngHeader(0, 20),
		"PNG, no height":            pngHeader(40, 0),
		"PNG, long IHDR":            slices.Replace(pngHeader(40, 20), 11, 12, 14),
		"JPEG, no width":            jpegHeader(0, 20),
		"JPEG, no height":           jpegHeader(40, 0),
		"JPEG, ended":               join(jpegHeader(40, 20)[:15], "\xff\xd9\xff\xda"),
		"JPEG, started twice":       jpegHeader(40, 20, "\xff\xd8"),
		"JPEG, lossless":            join("\xff\xd8", frameHeader(0xc3, 40, 20), "\xff\xda"),
		"JPEG, short frame header":  join("\xff\xd8", jpegSegment(sof0, "\x08\x00\x14\x00"), "\xff\xda", make([]byte, 9)),
		"GIF, no width":             gifHeader("89a", 0, 20),
		"GIF, no height":            gifHeader("89a", 40, 0),
		"GIF, unknown version":      gifHeader("88a", 40, 20),
		"GIF, cut in an extension":  gifHeader("89a", 40, 20, gifExtension(9))[:20],
		"AVIF, no width":            avifHeader(0, 20),
		"AVIF, too high":            avifHeader(40, 65536),
		"HEIC":                      slices.Replace(avifHeader(40, 20), 8, 12, []byte("heic")...),
		"AVIF, huge properties":     join(bmffBox("ftyp", "avif\x00\x00\x00\x00"), bmffBox("meta", make([]byte, WindowSize))),
		"AVIF, box without length":  avifHeader(40, 20, "\x00\x00\x00\x00free"),
		"icon, empty":               icoHeader(),
		"icon, cut":                 icoHeader([2]byte{40, 20}, [2]byte{4, 2})[:37],
		"BMP, no width":             bmpHeader(40, 0, 20),
		"BMP, no height":            bmpHeader(12, 40, 0),
		"BMP, unknown header":       bmpHeader(68, 40, 20),
		"BMP, huge header":          bmpHeader(4000, 40, 20),
		"WebP, no width":            webpLossy(1<<14, 20),
		"WebP, no key frame":        slices.Replace(webpLossy(40, 20), 20, 21, 0x11),
		"WebP, no start code":       slices.Replace(webpLossy(40, 20), 23, 24, 0),
		"WebP, lossless, version 1": webpHeader("VP8L", "\x2f", littleEndian(4, 39|19<<14|1<<29)),
		"WebP, unknown chunk":       webpHeader("VP8Z", make([]byte, 10)),
	} {
		t.Run(name, func(t *testing.T) { assertSize(t, 0, 0, picture) })
	}
}

func TestFeedAfterDone(t *testing.T) {
	var r Reader
	r.Feed(headers["GIF 89"])
	r.Feed(headers["BMP"][:20])
	w, h := r.Size()
	assert.Equal(t, [2]uint32{40, 20}, [2]uint32{w, h})
}
