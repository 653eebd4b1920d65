package imagemeta

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

// secret is in all metadata that the tests make. It must not be in any result.
const secret = "Ada Lovelace 51.5N"

// join makes one slice of strings, bytes and byte slices.
func join(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case byte:
			b = append(b, p)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

// tiff returns EXIF data like that of cameras: orientation, artist, body number, a GPS directory,
// and a preview after it.
func tiff(order binary.AppendByteOrder, orientation uint16) []byte {
	mark := "II*\x00"
	if order.String() == "BigEndian" {
		mark = "MM\x00*"
	}
	short := func(n uint16) []byte { return order.AppendUint16(nil, n) }
	long := func(n uint32) []byte { return order.AppendUint32(nil, n) }
	const entries, gpsEntries = 4, 2
	const gpsAt = 8 + 2 + entries*12 + 4
	const textAt = gpsAt + 2 + gpsEntries*12 + 4
	text := join(secret, "\x00")
	entry := func(tag, kind uint16, count uint32, value []byte) []byte {
		return join(short(tag), short(kind), long(count), append(value, make([]byte, 4-len(value))...))
	}
	latitude := join(long(51), long(1), long(30), long(1), long(0), long(1))
	return join(mark, long(8), short(entries),
		entry(0x112, 3, 1, short(orientation)),
		entry(0x13b, 2, uint32(len(text)), long(textAt)),
		entry(0x8825, 4, 1, long(gpsAt)),
		entry(0xa431, 2, uint32(len(text)), long(textAt)),
		long(0),
		short(gpsEntries),
		entry(1, 2, 2, []byte("N\x00")),
		entry(2, 5, 3, long(uint32(textAt+len(text)))),
		long(0),
		text, latitude)
}

var orders = []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian}

const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>` + secret + `</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>`

// iptc is a Photoshop resource block with an author.
func iptc() []byte {
	field := join("\x1c\x02\x50", binary.BigEndian.AppendUint16(nil, uint16(len(secret))), secret)
	return join("Photoshop 3.0\x00", "8BIM\x04\x04\x00\x00", binary.BigEndian.AppendUint32(nil, uint32(len(field))), field, "\x00"[:len(field)%2])
}

// mpf returns an index of two pictures. The second picture comes after the first.
func mpf() []byte {
	o := binary.BigEndian
	short := func(n uint16) []byte { return o.AppendUint16(nil, n) }
	long := func(n uint32) []byte { return o.AppendUint32(nil, n) }
	return join("MPF\x00", "MM\x00*", long(8), short(3),
		short(0xb000), short(7), long(4), "0100",
		short(0xb001), short(4), long(1), long(2),
		short(0xb002), short(7), long(32), long(50),
		long(0), make([]byte, 32))
}

func jpegSegment(marker byte, data ...any) []byte {
	d := join(data...)
	return join("\xff", marker, binary.BigEndian.AppendUint16(nil, uint16(len(d)+2)), d)
}

func exifJPEG(tiff []byte) []byte { return jpegSegment(app1, "Exif\x00\x00", tiff) }

var jfif = jpegSegment(app0, "JFIF\x00\x01\x01\x01\x00\x48\x00\x48\x00\x00")

// profile stands in for a colour profile. It is not a valid one.
var profile = "\x00\x00\x02\x0cappl" + "profile data"

// photo is a picture with edges and colours in it.
func photo(width, height int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetNRGBA(x, y, color.NRGBA{byte(x * 5), byte(y * 7), byte(x * y), 255})
		}
	}
	return m
}

func plainJPEG(t testing.TB, width, height int) []byte {
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, photo(width, height), nil))
	return b.Bytes()
}

// jpegWith inserts segments after the first two bytes, and adds bytes after the end.
func jpegWith(plain []byte, segments []byte, behind ...any) []byte {
	return join(plain[:2], segments, plain[2:], join(behind...))
}

func plainPNG(t testing.TB, width, height int) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, photo(width, height)))
	return b.Bytes()
}

func chunkOf(name string, data ...any) []byte {
	body := join(name, join(data...))
	return join(binary.BigEndian.AppendUint32(nil, uint32(len(body)-4)), body, binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}

// afterIHDR is the offset of the second chunk.
const afterIHDR = 8 + 12 + 13

// pngWith inserts chunks before and after the pixels, and adds bytes after the end.
func pngWith(plain []byte, front, back []byte, behind ...any) []byte {
	iend := len(plain) - 12
	return join(plain[:afterIHDR], front, plain[afterIHDR:iend], back, plain[iend:], join(behind...))
}

// A lossy and a lossless picture of one pixel, written by libwebp. Go has no encoder for WebP.
var (
	webpLossy    = fromBase64("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	webpLossless = fromBase64("UklGRh4AAABXRUJQVlA4TBEAAAAvAAAAAAfQ//73v/+BiOh/AAA=")
)

func fromBase64(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func webpChunkOf(name string, data ...any) []byte {
	d := join(data...)
	return join(name, binary.LittleEndian.AppendUint32(nil, uint32(len(d))), d, "\x00"[:len(d)%2])
}

// webpWith makes a WebP of chunks.
func webpWith(chunks ...any) []byte {
	body := join("WEBP", join(chunks...))
	return join("RIFF", binary.LittleEndian.AppendUint32(nil, uint32(len(body))), body)
}

// extended is the chunk VP8X for a picture of one pixel.
func extended(flags byte) []byte { return webpChunkOf("VP8X", flags, make([]byte, 9)) }
