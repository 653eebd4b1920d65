// Package imagemeta removes the metadata of pictures without decoding them: EXIF with its
// position, owner and serial numbers, XMP, IPTC, comments and embedded previews. It handles
// JPEG, PNG and WebP, which it recognizes by their content. Other formats do not change.
//
// It keeps everything that browsers need to show the picture as before: the pixels and the
// colour profile. If EXIF turns the picture, it writes a new EXIF with only that orientation.
// For each format there is a list of the parts to keep, so unknown kinds of metadata are
// removed, too. It also removes all data after the end of the picture: previews, depth maps,
// gain maps, motion video.
//
// The result is a list of ranges of the original, and of a few new bytes between them.
// The package does no I/O: see [Stripper].
package imagemeta

// Format is the format of a picture.
type Format int

// The formats that a Stripper handles.
const (
	Unknown Format = iota
	JPEG
	PNG
	WebP
)

// MIME returns the media type of the format. It is "" for Unknown.
func (f Format) MIME() string {
	return [...]string{"", "image/jpeg", "image/png", "image/webp"}[f]
}

// Part is a part of a picture without metadata: the bytes of New or, if New is "", the bytes
// of the original from offset From up to offset To.
type Part struct {
	New      string
	From, To int64
}

const (
	// window is the least number of bytes that are read at a time. A step may ask for more.
	window = 1 << 10

	// head is how many bytes a step needs to recognize a segment or a chunk.
	head = 32

	// maxEXIF is how many bytes of EXIF data are searched for the orientation. It is near the
	// beginning of the data.
	maxEXIF = 64 << 10

	// pixels is how many bytes are searched at a time for the end of a JPEG's pixels.
	pixels = 256 << 10
)

// Stripper finds out which parts of a picture to keep. It asks for the bytes that it needs.
//
//	s := imagemeta.New(size)
//	for offset, n, done := s.Next(); !done; offset, n, done = s.Next() {
//		s.Feed(bytesOf(picture, offset, n))
//	}
//	parts := s.Parts()
//
// It reads little more than the metadata of a PNG or WebP. A JPEG does not give the length of its
// pixels, so the Stripper searches them for their end, in pieces of 256 KiB.
type Stripper struct {
	size   int64
	format Format

	// step handles the bytes at offset: need bytes, or fewer at the end of the picture. It is
	// nil when no more bytes are needed.
	step   step
	offset int64
	need   int

	parts   []Part
	changed bool // something was left out

	exif        bool // the first EXIF was found; later ones do not count
	orientation int  // of the first EXIF; 0: the picture is not turned

	// Where the EXIF data begins in the bytes, the offset after it, and the step for that offset.
	exifBegin int
	exifNext  int64
	afterEXIF step

	png  pngState
	webp webpState
}

type step func(s *Stripper, b []byte)

// New makes a Stripper for a picture of size bytes.
func New(size int64) *Stripper {
	s := &Stripper{size: size}
	if size > 0 {
		s.then(0, head, open)
	}
	return s
}

// Next returns which bytes of the picture Feed needs next: n bytes from offset. If done is true,
// no more bytes are needed, and Parts has the result.
func (s *Stripper) Next() (offset int64, n int, done bool) {
	if s.step == nil {
		return 0, 0, true
	}
	return s.offset, int(min(max(int64(s.need), window), s.size-s.offset)), false
}

// Feed takes the bytes that Next asked for. If b has fewer bytes, the picture ends there. Feed
// does not keep b.
func (s *Stripper) Feed(b []byte) {
	at := s.offset
	if _, n, done := s.Next(); done || len(b) < n {
		s.size = min(s.size, at+int64(len(b)))
	}
	for s.step != nil {
		want, skip := s.wanted(), s.offset-at
		if want == 0 {
			skip = 0
		}
		if skip < 0 || skip+want > int64(len(b)) {
			return
		}
		f := s.step
		s.step = nil
		f(s, b[skip:skip+want])
	}
}

// wanted returns how many bytes the next step gets. It is 0 at the end of the picture.
func (s *Stripper) wanted() int64 {
	return max(0, min(int64(s.need), s.size-s.offset))
}

// Format returns the format of the picture. Call it after Next has returned done.
func (s *Stripper) Format() Format { return s.format }

// Parts returns the parts that make up the picture without metadata. Call it after Next has
// returned done. It returns nil if nothing has to change.
func (s *Stripper) Parts() []Part {
	if !s.changed {
		return nil
	}
	return s.parts
}

// Strip returns a picture in memory without its metadata.
func Strip(picture []byte) []byte {
	s := New(int64(len(picture)))
	for offset, n, done := s.Next(); !done; offset, n, done = s.Next() {
		s.Feed(picture[offset : offset+int64(n)])
	}
	parts := s.Parts()
	if parts == nil {
		return picture
	}
	var out []byte
	for _, p := range parts {
		out = append(append(out, p.New...), picture[p.From:p.To]...)
	}
	return out
}

// then makes f the next step, for up to need bytes from offset.
func (s *Stripper) then(offset int64, need int, f step) {
	s.offset, s.need, s.step = offset, need, f
}

// keep adds the bytes of the original between two offsets. It stops at the end of the picture.
func (s *Stripper) keep(from, to int64) {
	to = min(to, s.size)
	if from >= to {
		return
	}
	if n := len(s.parts); n > 0 && s.parts[n-1].New == "" && s.parts[n-1].To == from {
		s.parts[n-1].To = to
		return
	}
	s.parts = append(s.parts, Part{From: from, To: to})
}

// put adds new bytes, in place of bytes of the original.
func (s *Stripper) put(b string) {
	s.changed = true
	s.parts = append(s.parts, Part{New: b})
}

// end leaves out all bytes from offset on.
func (s *Stripper) end(offset int64) {
	if offset < s.size {
		s.changed = true
	}
}

// open recognizes the format by the first bytes.
func open(s *Stripper, b []byte) {
	switch {
	case hasPrefix(b, "\xff\xd8\xff"):
		s.format = JPEG
		s.keep(0, 2)
		s.then(2, head, segment)
	case hasPrefix(b, "\x89PNG\r\n\x1a\n"):
		s.format = PNG
		s.keep(0, 8)
		s.then(8, head, chunk)
	case len(b) >= 12 && hasPrefix(b, "RIFF") && string(b[8:12]) == "WEBP":
		s.format = WebP
		s.openWebP(b)
	}
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// be16, be32 and le32 read big-endian and little-endian numbers of 16 and 32 bits.
func be16(b []byte) int64 { return int64(b[0])<<8 | int64(b[1]) }
func be32(b []byte) int64 { return be16(b)<<16 | be16(b[2:]) }
func le32(b []byte) int64 {
	return int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16 | int64(b[3])<<24
}
