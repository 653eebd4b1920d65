package core

import "rtmwasm/core/imagemeta"

// StripMetadata later calls done with a picture without its EXIF, XMP, IPTC, comments and
// previews, as package imagemeta has it: JPEG, PNG and WebP, the pixels as they are. Any
// other Blob, and a picture without metadata, is given back itself. The error is that of
// reading the Blob.
//
// The result shares the picture's data. Of a PNG or WebP little more than the metadata is
// read; a JPEG is read once, 256 KiB at a time, to find its end.
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

// joinParts makes the picture that s has found.
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
