package imagemeta

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/jpeg" // for image.Decode
	_ "image/png"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "golang.org/x/image/webp"

	"rtmwasm/core/imagesize"
)

// full returns pictures with metadata of every kind. The name has the EXIF orientation.
func full(t testing.TB) map[string][]byte {
	out := map[string][]byte{}
	var zipped = fromBase64("eJwLTkxJVQjJSFXIKC0uUUhJTUnNAwA4EgYQ") // its content is never read
	for _, o := range orders {
		for _, orientation := range []uint16{0, 1, 3, 6, 8, 9} {
			exif := tiff(o, orientation)
			name := fmt.Sprint(orientation, " ", o)
			out["JPEG "+name] = jpegWith(plainJPEG(t, 50, 40), join(
				jfif, exifJPEG(exif), jpegSegment(app1, "http://ns.adobe.com/xap/1.0/\x00", xmp),
				jpegSegment(app1, "http://ns.adobe.com/xmp/extension/\x00", make([]byte, 40), xmp),
				jpegSegment(app2, "ICC_PROFILE\x00\x01\x01", profile),
				jpegSegment(app2, mpf()), jpegSegment(0xed, iptc()), jpegSegment(0xfe, secret),
				jpegSegment(0xe5, secret), exifJPEG(exif)),
				plainJPEG(t, 8, 8), exif, secret)
			text := join(
				chunkOf("tEXt", "Author\x00", secret), chunkOf("iTXt", "XML:com.adobe.xmp\x00\x00\x00\x00\x00", xmp),
				chunkOf("zTXt", "Comment\x00\x00", zipped), chunkOf("tIME", "\x07\xea\x0b\x1d\x03\x04\x05"),
				chunkOf("prVt", secret))
			out["PNG "+name] = pngWith(plainPNG(t, 50, 40), join(chunkOf("gAMA", "\x00\x00\xb1\x8f"), chunkOf("eXIf", exif), text), text, secret)
			for kind, pixels := range map[string][]byte{"lossy ": webpLossy[12:], "lossless ": webpLossless[12:]} {
				out["WebP "+kind+name] = webpWith(extended(webpXMP|webpEXIF), pixels,
					webpChunkOf("EXIF", "Exif\x00\x00", exif), webpChunkOf("XMP ", xmp), webpChunkOf("prVt", secret))
			}
		}
	}
	return out
}

func TestNothingPrivateStays(t *testing.T) {
	for name, picture := range full(t) {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, string(picture), secret)
			stripped := Strip(picture)
			assert.NotContains(t, string(stripped), secret)
			assert.NotContains(t, string(stripped), "adobe")
			assert.NotContains(t, string(stripped), "tIME")
			assert.NotContains(t, string(stripped), "zTXt")
			samePixels(t, picture, stripped)
			sameSize(t, picture, stripped)
			assert.Equal(t, stripped, Strip(stripped), "a second time there is nothing to take out")
		})
	}
}

// samePixels compares two pictures as the standard decoders decode them.
func samePixels(t testing.TB, a, b []byte) {
	t.Helper()
	before, kind, err := image.Decode(bytes.NewReader(a))
	require.NoError(t, err)
	after, kindAfter, err := image.Decode(bytes.NewReader(b))
	require.NoError(t, err)
	assert.Equal(t, kind, kindAfter)
	assert.Equal(t, before, after)
}

// sameSize compares the sizes at which browsers show two pictures. They differ if the orientation
// was lost.
func sameSize(t testing.TB, a, b []byte) {
	t.Helper()
	width, height := imagesize.Read(a)
	w, h := imagesize.Read(b)
	assert.Equal(t, [2]uint32{width, height}, [2]uint32{w, h})
}

func TestOrientationStays(t *testing.T) {
	for _, o := range orders {
		for orientation := range uint16(10) {
			exif := tiff(o, orientation)
			kept := int(orientation)
			if orientation < 2 || orientation > 8 {
				kept = 0
			}
			segment := Strip(jpegWith(plainJPEG(t, 8, 8), exifJPEG(exif)))
			assert.Equal(t, kept, imagesize.Orientation(segment[min(len(segment), 2+4+6):]), "JPEG %d", orientation)

			chunk := Strip(pngWith(plainPNG(t, 8, 8), chunkOf("eXIf", exif), nil))
			assert.Equal(t, kept, imagesize.Orientation(chunk[afterIHDR+8:]), "PNG %d", orientation)

			webp := Strip(webpWith(extended(webpEXIF), webpLossy[12:], webpChunkOf("EXIF", exif)))
			flags := webp[20]
			if kept > 0 {
				assert.Equal(t, kept, imagesize.Orientation(webp[len(webp)-26:]), "WebP %d", orientation)
				assert.EqualValues(t, webpEXIF, flags)
			} else {
				assert.Len(t, webp, 12+18+len(webpLossy)-12)
				assert.Zero(t, flags)
			}
			assert.EqualValues(t, len(webp)-8, binary.LittleEndian.Uint32(webp[4:]))
		}
	}
}

func TestOnlyTheFirstEXIFCounts(t *testing.T) {
	six, three := tiff(orders[0], 6), tiff(orders[1], 3)
	stripped := Strip(jpegWith(plainJPEG(t, 8, 8), join(exifJPEG(six), exifJPEG(three))))
	assert.Equal(t, 6, imagesize.Orientation(stripped[12:]))
	assert.Equal(t, 1, bytes.Count(stripped, []byte("Exif")))
	stripped = Strip(pngWith(plainPNG(t, 8, 8), chunkOf("eXIf", six), chunkOf("eXIf", three)))
	assert.Equal(t, 6, imagesize.Orientation(stripped[afterIHDR+8:]))
	assert.Equal(t, 1, bytes.Count(stripped, []byte("eXIf")))
	stripped = Strip(pngWith(plainPNG(t, 8, 8), nil, chunkOf("eXIf", six)))
	assert.Equal(t, plainPNG(t, 8, 8), stripped, "behind the pixels browsers do not heed it")
}

func TestCleanPicturesStayAsTheyAre(t *testing.T) {
	for name, picture := range map[string][]byte{
		"JPEG":                plainJPEG(t, 30, 20),
		"JPEG with JFIF":      jpegWith(plainJPEG(t, 30, 20), jfif),
		"JPEG with a profile": jpegWith(plainJPEG(t, 30, 20), jpegSegment(app2, "ICC_PROFILE\x00\x01\x01", profile)),
		"JPEG of Adobe":       jpegWith(plainJPEG(t, 30, 20), jpegSegment(app14, "Adobe\x00\x64\x00\x00\x00\x00\x00")),
		"PNG":                 plainPNG(t, 30, 20),
		"PNG with a profile":  pngWith(plainPNG(t, 30, 20), chunkOf("iCCP", "p\x00\x00", profile), nil),
		"WebP, lossy":         webpLossy,
		"WebP, lossless":      webpLossless,
		"WebP, extended":      webpWith(extended(0x10), webpLossy[12:]),
		"GIF":                 []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
		"text":                []byte("no picture"),
		"nothing":             nil,
	} {
		s := New(int64(len(picture)))
		for offset, n, done := s.Next(); !done; offset, n, done = s.Next() {
			s.Feed(picture[offset : offset+int64(n)])
		}
		assert.Nil(t, s.Parts(), name)
		assert.Equal(t, picture, Strip(picture), name)
	}
}

func TestProfileAndAdobeStay(t *testing.T) {
	picture := jpegWith(plainJPEG(t, 30, 20), join(jpegSegment(0xfe, secret), jpegSegment(app2, "ICC_PROFILE\x00\x01\x01", profile),
		jpegSegment(app14, "Adobe\x00\x64\x00\x00\x00\x00\x00", secret)))
	stripped := Strip(picture)
	assert.Contains(t, string(stripped), profile)
	assert.Contains(t, string(stripped), "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00\xff")
	assert.NotContains(t, string(stripped), secret)
	samePixels(t, picture, stripped)

	webp := webpWith(extended(0x20|webpEXIF), webpChunkOf("ICCP", profile), webpLossy[12:], webpChunkOf("EXIF", tiff(orders[0], 1)))
	assert.Equal(t, webpWith(extended(0x20), webpChunkOf("ICCP", profile), webpLossy[12:]), Strip(webp))
}

// A preview may show parts of the picture that were cropped away.
func TestPreviewsGo(t *testing.T) {
	preview := jpegSegment(app0, "JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x02\x01", "RGBRGB")
	extension := jpegSegment(app0, "JFXX\x00\x10", plainJPEG(t, 8, 8))
	picture := jpegWith(plainJPEG(t, 30, 20), join(preview, extension))
	stripped := Strip(picture)
	assert.Equal(t, jpegWith(plainJPEG(t, 30, 20), jpegSegment(app0, "JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x00\x00")), stripped)
}

// A progressive picture has several scans, with segments between them.
func TestMetadataBetweenScans(t *testing.T) {
	tables, pixels := jpegSegment(0xc4, "\x00", make([]byte, 16)), "\x01\x02\xff\x00\xff\xd0\x03"
	scan := join(jpegSegment(sos, "\x01\x01\x00\x00\x3f\x00"), pixels)
	head := join("\xff\xd8", jpegSegment(0xc2, "\x08\x00\x08\x00\x08\x01\x01\x11\x00"))
	picture := join(head, tables, scan, jpegSegment(0xfe, secret), tables, scan, "\xff\xff", jpegSegment(0xe7, secret), "\xff\xff\xd9", secret)
	assert.Equal(t, join(head, tables, scan, tables, scan, "\xff\xff", "\xff\xd9"), Strip(picture))
}

func TestBytesBetweenSegmentsGo(t *testing.T) {
	plain := jpegWith(plainJPEG(t, 30, 20), jfif)
	for _, between := range []string{"\xff\xff\xff", "\x00\xff\x00\xff\x01", secret, "\xff\xd0" + secret} {
		assert.Equal(t, plain, Strip(jpegWith(plainJPEG(t, 30, 20), join(jfif, between))), "%q", between)
	}
}

// If a picture is cut off, the pixels that exist are kept, because browsers show them.
func TestCutOffPictures(t *testing.T) {
	all := full(t)
	for _, name := range []string{"JPEG 6 BigEndian", "PNG 6 LittleEndian", "WebP lossy 6 BigEndian", "WebP lossless 0 BigEndian"} {
		picture := all[name]
		for n := range picture {
			stripped := Strip(slices.Clip(picture[:n]))
			assert.LessOrEqual(t, len(stripped), n+60, name)
			if n < 100 {
				continue
			}
			assert.NotContains(t, string(stripped), secret, "%s, %d bytes", name, n)
		}
	}
}

// Thousands of chunks of pixels need few reads, and metadata is found at any place.
func TestReadsOfALargePNG(t *testing.T) {
	var idat, want []byte
	for i := range 3000 {
		n := 8192
		if i == 1500 || i == 2999 {
			n = 100
		}
		idat = append(idat, chunkOf("IDAT", make([]byte, n))...)
	}
	head := plainPNG(t, 8, 8)[:afterIHDR]
	end := chunkOf("IEND")
	want = join(head, idat, end)
	picture := join(head, chunkOf("tEXt", secret), idat, chunkOf("tEXt", secret), end)
	reads, bytes := 0, 0
	s := New(int64(len(picture)))
	for offset, n, done := s.Next(); !done; offset, n, done = s.Next() {
		s.Feed(picture[offset : offset+int64(n)])
		reads, bytes = reads+1, bytes+n
	}
	assert.Less(t, reads, 200)
	assert.Less(t, bytes, 200<<10)
	assert.Equal(t, want, Strip(picture))
}

// A file may become shorter while it is read.
func TestShortReads(t *testing.T) {
	picture := full(t)["JPEG 6 BigEndian"]
	s := New(int64(len(picture)))
	for offset, n, done := s.Next(); !done; offset, n, done = s.Next() {
		b := picture[min(offset, 300):min(offset+int64(n), 300)]
		s.Feed(b)
	}
	for _, p := range s.Parts() {
		if p.New == "" {
			assert.LessOrEqual(t, p.To, int64(300))
		}
	}
}
