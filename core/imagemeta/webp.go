package imagemeta

// webpState is the state of a Stripper for a WebP.
type webpState struct {
	extended int    // index in parts of the VP8X chunk, which endWebP fills in; 0: there is none
	flags    byte   // of VP8X
	size     string // the bytes of VP8X after its flags
	end      int64  // of the picture, according to the file header
	written  int64  // bytes of the chunks that are kept
}

// Flags of VP8X that say which metadata the file has.
const (
	webpXMP  = 0x04
	webpEXIF = 0x08
)

// webpChunks are the chunks to keep.
const webpChunks = "VP8 VP8LALPHANIMANMFICCP"

func (s *Stripper) openWebP(b []byte) {
	s.webp.end = min(s.size, 8+le32(b[4:]))
	s.parts = append(s.parts, Part{New: "RIFF"}) // see endWebP
	s.then(12, head, webpChunk)
}

// webpChunk keeps the chunks for pixels and colours. It replaces EXIF by one that has only the
// orientation.
func webpChunk(s *Stripper, b []byte) {
	w, at := &s.webp, s.offset
	if len(b) < 8 || at+8 > w.end {
		s.endWebP(at)
		return
	}
	n, name := le32(b[4:]), string(b[:4])
	end := at + 8 + n + n&1
	switch {
	case name == "VP8X" && w.extended == 0 && len(b) >= 18 && n == 10:
		w.extended, w.flags, w.size = len(s.parts), b[8], string(b[9:18])
		s.parts = append(s.parts, Part{New: name})
		w.written += 18
	case name == "EXIF" && w.extended > 0 && !s.exif:
		s.readEXIF(8, 8+n, end, webpChunk)
		return
	case contains(webpChunks, name):
		s.keep(at, end)
		w.written += min(end, s.size) - at
	default:
		s.changed = true
	}
	s.then(end, head, webpChunk)
}

// endWebP writes the two headers, which depend on the chunks that were kept.
func (s *Stripper) endWebP(offset int64) {
	w := &s.webp
	s.end(min(offset, w.end))
	if w.extended > 0 {
		flags := w.flags &^ (webpXMP | webpEXIF)
		if s.orientation > 0 {
			flags |= webpEXIF
		}
		s.changed = s.changed || flags != w.flags
		s.parts[w.extended].New = "VP8X\x0a\x00\x00\x00" + string([]byte{flags}) + w.size
	}
	n := 4 + w.written
	s.parts[0].New = "RIFF" + string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) + "WEBP"
}

// contains reports whether a name of 4 letters is in a list of such names.
func contains(list, name string) bool {
	for i := 0; i < len(list); i += 4 {
		if list[i:i+4] == name {
			return true
		}
	}
	return false
}
