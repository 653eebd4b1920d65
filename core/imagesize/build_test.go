package imagesize

import "slices"

// join makes one slice of strings and byte slices.
func join(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

// bigEndian is n in so many bytes, littleEndian the same backwards.
func bigEndian(size int, n uint32) []byte {
	b := make([]byte, size)
	for i := range b {
		b[size-1-i] = byte(n >> (8 * i))
	}
	return b
}

func littleEndian(size int, n uint32) []byte {
	b := bigEndian(size, n)
	slices.Reverse(b)
	return b
}

// order is a TIFF byte order: its mark and how it writes numbers.
type order struct {
	mark   string
	number func(size int, n uint32) []byte
}

var orders = []order{{"MM", bigEndian}, {"II", littleEndian}}

// entry is a TIFF directory entry whose value is one short, whatever it says.
func (o order) entry(tag, kind, count, value uint32) []byte {
	return join(o.number(2, tag), o.number(2, kind), o.number(4, count), o.number(2, value), "\x00\x00")
}

// tiff is EXIF data whose directory is so far in, at least 8 bytes.
func (o order) tiff(directory int, entries ...[]byte) []byte {
	return join(o.mark, o.number(2, 42), o.number(4, uint32(directory)), make([]byte, directory-8),
		o.number(2, uint32(len(entries))), slices.Concat(entries...), o.number(4, 0))
}

// oriented is EXIF data with the orientation between two other tags.
func (o order) oriented(orientation uint32) []byte {
	return o.tiff(8, o.entry(0x100, 3, 1, 9), o.entry(0x112, 3, 1, orientation), o.entry(0x128, 3, 1, 6))
}

func jpegSegment(marker byte, data ...any) []byte {
	d := join(data...)
	return join([]byte{0xff, marker}, bigEndian(2, uint32(len(d)+2)), d)
}

func exifSegment(tiff []byte) []byte { return jpegSegment(app1, "Exif\x00\x00", tiff) }

func frameHeader(marker byte, width, height uint32) []byte {
	return jpegSegment(marker, "\x08", bigEndian(2, height), bigEndian(2, width), "\x01\x01\x11\x00")
}

// jpegHeader is a gray JPEG up to the pixels, with what is given in front of the
// frame header.
func jpegHeader(width, height uint32, front ...any) []byte {
	return join("\xff\xd8", join(front...), frameHeader(sof0, width, height), "\xff\xda")
}

func pngChunk(name string, data ...any) []byte {
	d := join(data...)
	return join(bigEndian(4, uint32(len(d))), name, d, "\x00\x00\x00\x00")
}

// pngHeader is a PNG up to the pixels, with what is given in front of them.
func pngHeader(width, height uint32, front ...any) []byte {
	return join("\x89PNG\r\n\x1a\n", pngChunk("IHDR", bigEndian(4, width), bigEndian(4, height), "\x08\x00\x00\x00\x00"),
		join(front...), pngChunk("IDAT"))
}

// gifHeader is a GIF up to the pixels of its first frame, which fills the screen, with
// what is given in front of it.
func gifHeader(version string, width, height uint32, front ...any) []byte {
	w, h := littleEndian(2, width), littleEndian(2, height)
	return join("GIF", version, w, h, "\x00\x00\x00", join(front...), ",\x00\x00\x00\x00", w, h)
}

// gifExtension is a comment of n zeros.
func gifExtension(n int) []byte {
	b := join("!\xfe")
	for ; n > 0; n -= 255 {
		b = join(b, []byte{byte(min(n, 255))}, make([]byte, min(n, 255)))
	}
	return append(b, 0)
}

// bmffBox is a box of AVIF.
func bmffBox(name string, data ...any) []byte {
	d := join(data...)
	return join(bigEndian(4, uint32(len(d)+8)), name, d)
}

// avifHeader is an AVIF up to the pixels, with what is given between its first box and
// the one that describes the picture.
func avifHeader(width, height uint32, front ...any) []byte {
	return join(bmffBox("ftyp", "avif\x00\x00\x00\x00"), join(front...), bmffBox("meta", "\x00\x00\x00\x00",
		bmffBox("pitm", "\x00\x00\x00\x00\x00\x01"),
		bmffBox("iprp",
			bmffBox("ipco", bmffBox("ispe", "\x00\x00\x00\x00", bigEndian(4, width), bigEndian(4, height))),
			bmffBox("ipma", "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\x01\x01"))))
}

// icoHeader is an icon's directory, for pictures with sides of up to 256 pixels.
func icoHeader(sides ...[2]byte) []byte {
	b := join("\x00\x00\x01\x00", littleEndian(2, uint32(len(sides))))
	for _, s := range sides {
		b = join(b, s[:], make([]byte, 14))
	}
	return b
}

// bmpHeader has an information header of so many bytes.
func bmpHeader(size int, width, height int32) []byte {
	side := 4
	if size == 12 {
		side = 2
	}
	b := join("BM", make([]byte, 12), littleEndian(4, uint32(size)),
		littleEndian(side, uint32(width)), littleEndian(side, uint32(height)))
	return append(b, make([]byte, 14+size-len(b))...)
}

func webpHeader(chunk string, data ...any) []byte {
	d := join(data...)
	body := join("WEBP", chunk, littleEndian(4, uint32(len(d))), d)
	return join("RIFF", littleEndian(4, uint32(len(body))), body)
}

func webpLossy(width, height uint32) []byte {
	return webpHeader("VP8 ", "\x10\x00\x00\x9d\x01\x2a", littleEndian(2, width), littleEndian(2, height))
}

func webpLossless(width, height uint32) []byte {
	return webpHeader("VP8L", "\x2f", littleEndian(4, width-1|(height-1)<<14))
}

func webpCanvas(width, height uint32) []byte {
	return webpHeader("VP8X", "\x00\x00\x00\x00", littleEndian(3, width-1), littleEndian(3, height-1))
}
