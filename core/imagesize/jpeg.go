package imagesize

// The JPEG markers that matter, after 0xff.
const (
	sof0  = 0xc0 // frame header: baseline; then extended
	sof2  = 0xc2 // progressive
	sof9  = 0xc9 // extended, with arithmetic coding
	sof10 = 0xca // progressive, with arithmetic coding
	rst0  = 0xd0
	rst7  = 0xd7
	soi   = 0xd8
	eoi   = 0xd9
	sos   = 0xda // the pixels
	app1  = 0xe1 // EXIF, among others
)

// segment handles one JPEG segment after another, up to the pixels, because EXIF may be before
// or after the frame header. Like browsers it accepts any bytes between segments.
func segment(r *Reader, b []byte) (advance int64, need int) {
	switch {
	case len(b) < 2:
		return 0, 2
	case b[0] != 0xff || b[1] == 0xff:
		return 1, 0
	}
	marker := b[1]
	switch {
	case marker <= 1, marker >= rst0 && marker <= rst7:
		return 2, 0 // these have no length
	case marker == sos:
		return 0, 0
	case marker == soi, marker == eoi:
		r.fail()
		return 0, 0
	case len(b) < 4:
		return 0, 4
	}
	end := 2 + max(int(be(b[2:4])), 2)
	switch {
	case isFrame(marker) && r.width == 0 && end >= 10:
		if len(b) < 10 {
			return 0, 10
		}
		r.set(be(b[7:9]), be(b[5:7]), 1<<16-1)
	case marker == app1 && !r.exif && end >= 10:
		whole := min(end, WindowSize)
		if len(b) < whole {
			return 0, whole
		}
		// Only the first EXIF counts, even if it is of no use.
		if r.exif = hasPrefix(b[4:], "Exif\x00"); r.exif {
			r.turned = turned(b[10:whole])
		}
	}
	return int64(end), 0
}

// isFrame reports whether marker is a frame header that browsers decode.
func isFrame(marker byte) bool {
	return marker >= sof0 && marker <= sof2 || marker == sof9 || marker == sof10
}
