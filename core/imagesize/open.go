package imagesize

// open recognizes the format by the first bytes. BMP, WebP and icons have the size at a fixed
// place in these bytes, so this is their only step.
func open(r *Reader, b []byte) (advance int64, need int) {
	switch {
	case hasPrefix(b, "\xff\xd8\xff"):
		r.step = segment
		return 2, 0
	case hasPrefix(b, "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR") && len(b) >= pngChunks:
		r.set(be(b[16:20]), be(b[20:24]), 1<<31-1)
		r.step = chunk
		return pngChunks, 0
	case (hasPrefix(b, "GIF87a") || hasPrefix(b, "GIF89a")) && len(b) >= 13:
		return r.gif(b), 0
	case isAVIF(b):
		r.step = box
		return int64(be(b[:4])), 0
	case (hasPrefix(b, "\x00\x00\x01\x00") || hasPrefix(b, "\x00\x00\x02\x00")) && len(b) >= 6:
		r.ico(b)
	case hasPrefix(b, "BM") && len(b) >= 18:
		r.bmp(b[14:])
	case hasPrefix(b, "RIFF") && len(b) >= 25 && string(b[8:14]) == "WEBPVP":
		r.webp(b[14:])
	}
	return 0, 0
}

// bmp reads the header after the file header. The first version, of OS/2, has sides of 16 bits.
// In the later ones a height below 0 means that the rows are stored from top to bottom.
func (r *Reader) bmp(b []byte) {
	const limit = 1<<16 - 1 // of browsers; the limit of the format is 31 bits
	n := le(b[:4])
	if n > 124 || len(b) < int(n) {
		return
	}
	switch {
	case n == 12:
		r.set(le(b[4:6]), le(b[6:8]), limit)
	case n >= 16 && n <= 64, n == 108, n == 124:
		height := le(b[8:12])
		r.set(le(b[4:8]), min(height, -height), limit)
	}
}

// webp reads the first chunk: a lossy or lossless picture, or the canvas of the chunks after it.
// b begins at the third letter of the chunk's name, and has 11 bytes or more.
func (r *Reader) webp(b []byte) {
	data := b[6:]
	switch name := string(b[:2]); {
	case name == "8L" && data[0] == 0x2f && data[4]>>5 == 0:
		bits := le(data[1:5])
		r.set(1+bits&0x3fff, 1+bits>>14&0x3fff, 1<<14)
	case len(data) < 10:
	case name == "8 " && data[0]&1 == 0 && string(data[3:6]) == "\x9d\x01\x2a":
		r.set(le(data[6:8])&0x3fff, le(data[8:10])&0x3fff, 1<<14-1) // the bits above are a scale
	case name == "8X":
		width, height := 1+le(data[4:7]), 1+le(data[7:10])
		if uint64(width)*uint64(height) < 1<<32 {
			r.set(width, height, 1<<24)
		}
	}
}
