package imagemeta

// webpState is what a Stripper remembers of a WebP.
type webpState struct {
	file    []byte // the file's header, 12 bytes, with the length at 4
	flags   []byte // the VP8X chunk, 18 bytes, with the flags at 8; nil without one
	end     int64  // of what the file's header says
	written int64  // bytes of chunks that are kept
}

// Bits of VP8X that tell of metadata.
const (
	webpXMP  = 0x04
	webpEXIF = 0x08
)

// webpChunks are the chunks that a picture is made of.
const webpChunks = "VP8 VP8LALPHANIMANMFICCP"

func (s *Stripper) openWebP(b []byte) {
	w := &s.webp
	w.file = clone(b[:12])
	w.end = min(s.size, 8+le32(b[4:]))
	s.parts = append(s.parts, Part{Bytes: w.file})
	s.then(12, head, webpChunk)
}

// webpChunk keeps the chunks of pixels and colours. EXIF is replaced by one with the
// orientation alone.
func webpChunk(s *Stripper, b []byte) {
	w, at := &s.webp, s.offset
	if len(b) < 8 || at+8 > w.end {
		s.endWebP(at)
		return
	}
	n, name := le32(b[4:]), string(b[:4])
	end := at + 8 + n + n&1
	switch {
	case name == "VP8X" && w.flags == nil && len(b) >= 18 && n == 10:
		w.flags = clone(b[:18])
		s.parts = append(s.parts, Part{Bytes: w.flags})
		w.written += 18
	case name == "EXIF" && w.flags != nil && !s.exif:
		s.then(at, int(min(8+n, maxEXIF)), webpExif)
		return
	case contains(webpChunks, name):
		s.keep(at, end)
		w.written += min(end, s.size) - at
	default:
		s.changed = true
	}
	s.then(end, head, webpChunk)
}

func webpExif(s *Stripper, b []byte) {
	w := &s.webp
	s.changed = true
	if s.orient(orientationOf(b[8:])) {
		tiff := onlyOrientation(s.orientation)
		s.put(append([]byte{'E', 'X', 'I', 'F', byte(len(tiff)), 0, 0, 0}, tiff...))
		w.written += int64(8 + len(tiff))
	}
	n := le32(b[4:])
	s.then(s.offset+8+n+n&1, head, webpChunk)
}

// endWebP corrects what the headers say of the rest.
func (s *Stripper) endWebP(offset int64) {
	w := &s.webp
	s.end(min(offset, w.end))
	if w.flags != nil {
		flags := w.flags[8] &^ (webpXMP | webpEXIF)
		if s.orientation > 0 {
			flags |= webpEXIF
		}
		s.changed = s.changed || flags != w.flags[8]
		w.flags[8] = flags
	}
	n := 4 + w.written
	w.file[4], w.file[5], w.file[6], w.file[7] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
}

// contains tells whether a name of 4 letters is in a list of such.
func contains(list, name string) bool {
	for i := 0; i < len(list); i += 4 {
		if list[i:i+4] == name {
			return true
		}
	}
	return false
}
