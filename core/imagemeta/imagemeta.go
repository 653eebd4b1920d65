// Package imagemeta takes the metadata out of pictures without decoding them: EXIF with its
// position, owner and serial numbers, XMP, IPTC, comments and embedded previews. It knows
// JPEG, PNG and WebP, which it tells by content; other formats stay as they are.
//
// What is needed to show the picture as before stays: pixels, colour profile, and, where
// EXIF turns the picture, a new EXIF with that orientation and nothing else. What stays is
// listed by format, so that metadata of a kind nobody has heard of goes too. So does all
// that lies behind the picture's end: previews, depth maps, gain maps, motion video.
//
// The result is a list of ranges of the original and of a few bytes to put between them.
// The package does no I/O: see [Stripper].
package imagemeta

// Format of a picture.
type Format int

// The formats that a Stripper knows.
const (
	Unknown Format = iota
	JPEG
	PNG
	WebP
)

// MIME is the format's media type, "" of Unknown.
func (f Format) MIME() string {
	return [...]string{"", "image/jpeg", "image/png", "image/webp"}[f]
}

// Part of a picture without metadata: the bytes of New, or, where it is "", the original's
// bytes from From up to To.
type Part struct {
	New      string
	From, To int64
}

const (
	// window is how many bytes are read at least, and what a step may ask for is more.
	window = 1 << 10

	// head is enough for every step that tells one piece of a file from another.
	head = 32

	// maxEXIF bounds what is read of EXIF data in search of the orientation, which comes
	// first in it.
	maxEXIF = 64 << 10

	// pixels is how much is searched at a time for the end of a JPEG's pixels.
	pixels = 256 << 10
)

// Stripper finds out what of a picture to keep, from bytes that it asks for.
//
//	s := imagemeta.New(size)
//	for offset, n, done := s.Next(); !done; offset, n, done = s.Next() {
//		s.Feed(bytesOf(picture, offset, n))
//	}
//	parts := s.Parts()
//
// Of a PNG or WebP it reads little more than the metadata. The pixels of a JPEG tell nobody
// their length: they are searched for their end, in pieces of 256 KiB.
type Stripper struct {
	size   int64
	format Format

	// step looks at the bytes at offset, need of them or all up to the picture's end. nil:
	// there is no more to learn.
	step   step
	offset int64
	need   int

	parts   []Part
	changed bool // something was left out

	exif        bool // the EXIF that counts, the first, was found
	orientation int  // of it; 0: the picture is not turned

	// Where in the bytes the EXIF data begins, where the next piece is, and what looks at it.
	exifBegin int
	exifNext  int64
	afterEXIF step

	png  pngState
	webp webpState
}

type step func(s *Stripper, b []byte)

// New begins with a picture of size bytes.
func New(size int64) *Stripper {
	s := &Stripper{size: size}
	if size > 0 {
		s.then(0, head, open)
	}
	return s
}

// Next tells which bytes of the picture are wanted next: n of them, from offset. Done means
// that no more are wanted, and Parts is known.
func (s *Stripper) Next() (offset int64, n int, done bool) {
	if s.step == nil {
		return 0, 0, true
	}
	return s.offset, int(min(max(int64(s.need), window), s.size-s.offset)), false
}

// Feed gives the bytes that Next asked for. Fewer mean that the picture ends there. They
// are not kept.
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

// wanted is how many bytes the next step gets: none at the picture's end.
func (s *Stripper) wanted() int64 {
	return max(0, min(int64(s.need), s.size-s.offset))
}

// Format is that of the picture, once Next has told done.
func (s *Stripper) Format() Format { return s.format }

// Parts are what to join for the picture without metadata, once Next has told done. nil
// means that the picture can stay as it is.
func (s *Stripper) Parts() []Part {
	if !s.changed {
		return nil
	}
	return s.parts
}

// Strip returns a picture, all of which is in memory, without its metadata.
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

// then has f look at up to need bytes from offset next.
func (s *Stripper) then(offset int64, need int, f step) {
	s.offset, s.need, s.step = offset, need, f
}

// keep takes over the original's bytes up to an offset, those that there are.
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

// put adds new bytes in place of the original's.
func (s *Stripper) put(b string) {
	s.changed = true
	s.parts = append(s.parts, Part{New: b})
}

// end leaves out all from an offset on.
func (s *Stripper) end(offset int64) {
	if offset < s.size {
		s.changed = true
	}
}

// open tells the format by the first bytes.
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

// be16, be32 and le32 read numbers.
func be16(b []byte) int64 { return int64(b[0])<<8 | int64(b[1]) }
func be32(b []byte) int64 { return be16(b)<<16 | be16(b[2:]) }
func le32(b []byte) int64 {
	return int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16 | int64(b[3])<<24
}
