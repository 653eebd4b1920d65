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

// bigEndian returns n in size bytes; littleEndian returns the same bytes in reverse.
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

// entry returns a TIFF directory entry whose value is one short, even if kind or count say
// something else.
func (o order) entry(tag, kind, count, value uint32) []byte {
	return join(o.number(2, tag), o.number(2, kind), o.number(4, count), o.number(2, value), "\x00\x00")
}

// tiff returns EXIF data whose directory is at offset directory, which is at least 8.
func (o order) tiff(directory int, entries ...[]byte) []byte {
	return join(o.mark, o.number(2, 42), o.number(4, uint32(directory)), make([]byte, directory-8),
		o.number(2, uint32(len(entries))), slices.Concat(entries...), o.number(4, 0))
}

// oriented returns EXIF data with the orientation between two other tags.
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

// jpegHeader returns a gray JPEG up to the pixels, with front before the frame header.
func jpegHeader(width, height uint32, front ...any) []byte {
	return join("\xff\xd8", join(front...), frameHeader(sof0, width, height), "\xff\xda")
}

func pngChunk(name string, data ...any) []byte {
	d := join(data...)
	return join(bigEndian(4, uint32(len(d))), name, d, "\x00\x00\x00\x00")
}

// pngHeader returns a PNG up to the pixels, with front before them.
func pngHeader(width, height uint32, front ...any) []byte {
	return join("\x89PNG\r\n\x1a\n", pngChunk("IHDR", bigEndian(4, width), bigEndian(4, height), "\x08\x00\x00\x00\x00"),
		join(front...), pngChunk("IDAT"))
}

// gifHeader returns a GIF up to the pixels of its first frame, with front before the frame. The
// frame fills the screen.
func gifHeader(version string, width, height uint32, front ...any) []byte {
	w, h := littleEndian(2, width), littleEndian(2, height)
	return join("GIF", version, w, h, "\x00\x00\x00", join(front...), ",\x00\x00\x00\x00", w, h)
}

// gifExtension returns a comment of n zeros.
func gifExtension(n int) []byte {
	b := join("!\xfe")
	for ; n > 0; n -= 255 {
		b = join(b, []byte{byte(min(n, 255))}, make([]byte, min(n, 255)))
	}
	return append(b, 0)
}

// bmffBox returns a box of an AVIF.
func bmffBox(name string, data ...any) []byte {
	d := join(data...)
	return join(bigEndian(4, uint32(len(d)+8)), name, d)
}

// avifHeader returns an AVIF up to the pixels, with front between the first box and the box that
// describes the picture.
func avifHeader(width, height uint32, front ...any) []byte {
	return join(bmffBox("ftyp", "avif\x00\x00\x00\x00"), join(front...), bmffBox("meta", "\x00\x00\x00\x00",
		bmffBox("pitm", "\x00\x00\x00\x00\x00\x01"),
		bmffBox("iprp",
			bmffBox("ipco", bmffBox("ispe", "\x00\x00\x00\x00", bigEndian(4, width), bigEndian(4, height))),
			bmffBox("ipma", "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\x01\x01"))))
}

// icoHeader returns the directory of an icon, for pictures with sides of up to 256 pixels.
func icoHeader(sides ...[2]byte) []byte {
	b := join("\x00\x00\x01\x00", littleEndian(2, uint32(len(sides))))
	for _, s := range sides {
		b = join(b, s[:], make([]byte, 14))
	}
	return b
}

// bmpHeader returns a BMP up to the pixels, whose information header has size bytes.
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
