package imagemeta

// The JPEG markers that matter, after 0xff.
const (
	sof0  = 0xc0 // the first of the markers that decoding needs
	rst0  = 0xd0
	rst7  = 0xd7
	soi   = 0xd8
	eoi   = 0xd9
	sos   = 0xda // a scan: pixels follow
	exp   = 0xdf // the last that decoding needs
	app0  = 0xe0 // JFIF
	app1  = 0xe1 // EXIF, XMP
	app2  = 0xe2 // the colour profile; also the index of further pictures
	app14 = 0xee // Adobe's: how colours are stored
)

// segment keeps a segment that decoders need. It leaves out comments, the other application
// segments, and bytes between segments.
func segment(s *Stripper, b []byte) {
	at := s.offset
	switch {
	case len(b) < 2: // cut off
		s.end(at)
		return
	case b[0] != 0xff:
		s.changed = true
		s.then(at, pixels, nextSegment)
		return
	case b[1] == 0xff: // padding
		s.changed = true
		s.then(at+1, head, segment)
		return
	case b[1] <= 1, b[1] >= rst0 && b[1] <= rst7: // these have no length, and no meaning here
		s.changed = true
		s.then(at+2, head, segment)
		return
	case b[1] == eoi:
		s.keep(at, at+2)
		s.end(at + 2)
		return
	case b[1] == soi || len(b) < 4:
		s.end(at)
		return
	}
	n := max(be16(b[2:]), 2)
	end := at + 2 + n
	switch marker := b[1]; {
	case marker == sos:
		s.keep(at, end)
		s.then(end, pixels, scan)
		return
	case marker >= sof0 && marker <= exp,
		marker == app0 && n == 16 && hasPrefix(b[4:], "JFIF\x00"),
		marker == app2 && hasPrefix(b[4:], "ICC_PROFILE\x00"),
		marker == app14 && n == 14 && hasPrefix(b[4:], "Adobe"):
		s.keep(at, end)
	case len(b) >= 18 && (marker == app0 && n > 16 && hasPrefix(b[4:], "JFIF\x00") || marker == app14 && n > 14 && hasPrefix(b[4:], "Adobe")):
		// Only the fixed part is kept, without a preview or other data after it. The last two
		// bytes of JFIF are the size of the preview.
		if marker == app0 {
			s.put("\xff\xe0\x00\x10" + string(b[4:16]) + "\x00\x00")
		} else {
			s.put("\xff\xee\x00\x0e" + string(b[4:16]))
		}
	case marker == app1 && n >= 8 && hasPrefix(b[4:], "Exif\x00") && !s.exif:
		s.readEXIF(10, 2+n, end, segment)
		return
	default:
		s.changed = true
	}
	s.then(end, head, segment)
}

// nextSegment skips bytes up to the next segment.
func nextSegment(s *Stripper, b []byte) {
	i, found := findMarker(b)
	switch {
	case found:
		s.then(s.offset+int64(i), head, segment)
	case s.offset+int64(len(b)) < s.size:
		s.then(s.offset+int64(i), pixels, nextSegment)
	default:
		s.end(s.offset)
	}
}

// scan keeps pixels up to the next marker. Progressive pictures have more segments and more
// pixels after it.
func scan(s *Stripper, b []byte) {
	i, found := findMarker(b)
	at := s.offset + int64(i)
	switch {
	case found:
		s.keep(s.offset, at)
		s.then(at, head, segment)
	case s.offset+int64(len(b)) < s.size:
		s.keep(s.offset, at)
		s.then(at, pixels, scan)
	default: // cut off: browsers show the pixels that exist
		s.keep(s.offset, s.size)
	}
}

// findMarker returns the index of the first marker that is not part of pixels. If there is none,
// it returns how many bytes it has checked. A 0xff at the end does not count: it may be the first
// half of a marker.
func findMarker(b []byte) (i int, found bool) {
	mark := false
	for i, c := range b { // in the wasm, b[i] would cost as much time as the rest of the loop
		if mark && c != 0 && c != 0xff && (c < rst0 || c > rst7) {
			return i - 1, true
		}
		mark = c == 0xff
	}
	if mark {
		return len(b) - 1, false
	}
	return len(b), false
}
