package core

import "rtmwasm/core/imagemeta"

// StripMetadata removes EXIF, XMP, IPTC, comments and previews from a JPEG, PNG or WebP
// picture, and later calls done with the result. The pixels do not change. If picture has
// another format or no metadata, the result is picture itself. The error is that of
// reading picture.
//
// The result shares the picture's data. Of a PNG or WebP, StripMetadata reads little more than
// the metadata. It reads a JPEG once, 256 KiB at a time, to find its end.
func StripMetadata(h Host, picture Blob, done func(Blob, error)) {
	s := imagemeta.New(picture.Size())
	var read func()
	read = func() {
		offset, n, over := s.Next()
		if over {
			done(joinParts(h, picture, s), nil)
			return
		}
		picture.Read(offset, offset+int64(n), func(b []byte, err error) {
			if err != nil {
				done(nil, err)
				return
			}
			s.Feed(b)
			read()
		})
	}
	h.AfterFunc(0, read)
}

// joinParts joins the parts of the picture that s keeps.
func joinParts(h Host, picture Blob, s *imagemeta.Stripper) Blob {
	parts := s.Parts()
	if parts == nil {
		return picture
	}
	blobs := make([]Blob, len(parts))
	for i, p := range parts {
		if p.New != "" {
			blobs[i] = h.NewBlob([]byte(p.New))
		} else {
			blobs[i] = picture.Slice(p.From, p.To)
		}
	}
	return h.Join(blobs, s.Format().MIME())
}
