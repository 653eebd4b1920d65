package imagemeta

import "rtmwasm/core/imagesize"

// readEXIF replaces the first EXIF; browsers ignore later ones. The data is from begin to n,
// counted from the current offset. The step then continues at offset next.
func (s *Stripper) readEXIF(begin, n, next int64, then step) {
	s.exif, s.changed = true, true
	s.exifBegin, s.exifNext, s.afterEXIF = int(begin), next, then
	s.then(s.offset, int(min(n, maxEXIF)), exif)
}

// exif keeps the orientation, if there is any.
func exif(s *Stripper, b []byte) {
	tiff := b[min(s.exifBegin, len(b)):]
	if hasPrefix(tiff, "Exif\x00\x00") { // some programs write this prefix in WebP
		tiff = tiff[6:]
	}
	if o := imagesize.Orientation(tiff); o > 1 {
		s.orientation = o
		data := onlyOrientation(o)
		switch s.format {
		case JPEG:
			s.put("\xff\xe1\x00\x22Exif\x00\x00" + data) // 34 bytes: 2, 6 and 26
		case PNG:
			s.put(pngChunk("eXIf", data))
		case WebP:
			s.put("EXIF\x1a\x00\x00\x00" + data)
			s.webp.written += 8 + 26
		}
	}
	s.then(s.exifNext, head, s.afterEXIF)
}

// onlyOrientation returns EXIF data with the orientation only: a TIFF header, a directory with
// one entry (tag 0x112, one number of 16 bits), and no other directory.
func onlyOrientation(orientation int) string {
	return "MM\x00*\x00\x00\x00\x08" + "\x00\x01" + "\x01\x12\x00\x03\x00\x00\x00\x01" +
		"\x00" + "\x00\x01\x02\x03\x04\x05\x06\x07\x08"[orientation:orientation+1] + "\x00\x00\x00\x00\x00\x00"
}
