package imagesize

// isAVIF recognizes AVIF by the brands in its first box.
func isAVIF(b []byte) bool {
	if len(b) < 16 || string(b[4:8]) != "ftyp" {
		return false
	}
	b = b[8:max(8, min(int64(be(b[:4])), int64(len(b))))]
	for ; len(b) >= 4; b = b[4:] {
		if string(b[:3]) == "avi" && (b[3] == 'f' || b[3] == 's') {
			return true
		}
	}
	return false
}

// box skips the outer boxes of an AVIF up to the box that describes the pictures. It does not
// read that box if it is larger than a window.
func box(r *Reader, b []byte) (advance int64, need int) {
	if len(b) < 16 {
		return 0, 16
	}
	n := int64(be(b[:4]))
	switch {
	case string(b[4:8]) == "meta" && n >= 12 && n <= WindowSize:
		if int64(len(b)) < n {
			return 0, int(n)
		}
		r.meta(b[12:n])
		return 0, 0
	case n == 1 && be(b[8:12]) == 0: // the length is in the 8 bytes after the name
		n = int64(be(b[12:16]))
	}
	if n < 8 || string(b[4:8]) == "meta" {
		return 0, 0
	}
	return n, 0
}

// meta finds the properties of the primary picture. The box has a list of all properties, and
// for each picture a list of those that it has.
func (r *Reader) meta(b []byte) {
	var primary uint32
	var properties []property
	var owners [][]byte
	boxes(b, func(name string, b []byte) {
		switch name {
		case "pitm":
			primary = take(&b, idSize(take(&b, 4)>>24 > 0))
		case "iprp":
			boxes(b, func(name string, b []byte) {
				switch name {
				case "ipco":
					boxes(b, func(name string, b []byte) { properties = append(properties, property{name, b}) })
				case "ipma":
					owners = append(owners, b)
				}
			})
		}
	})
	for _, b := range owners {
		flags := take(&b, 4)
		for items := take(&b, 4); items > 0 && len(b) > 0; items-- {
			id := take(&b, idSize(flags>>24 > 0))
			for n := take(&b, 1); n > 0; n-- {
				// The highest bit only says whether the property is essential.
				i := take(&b, 1) & 0x7f
				if flags&1 != 0 {
					i = i<<8 | take(&b, 1)
				}
				if id == primary && i > 0 && i <= uint32(len(properties)) {
					r.property(properties[i-1])
				}
			}
		}
	}
}

// property is a property of a picture in an AVIF.
type property struct {
	name string
	data []byte
}

func (r *Reader) property(p property) {
	b := p.data
	switch {
	case p.name == "ispe" && len(b) >= 12:
		r.set(be(b[4:8]), be(b[8:12]), 1<<16-1)
	case p.name == "irot" && len(b) >= 1:
		r.turned = b[0]&1 != 0 // b[0] is the number of quarter turns
	case p.name == "clap" && len(b) >= 32:
		r.crop(b)
	}
}

// crop applies a clean aperture, which crops the picture. Like Chromium it does so only if the
// aperture begins in the upper left corner. Firefox does not decode such a picture, and WebKit
// shows the full picture.
func (r *Reader) crop(b []byte) {
	// Pairs of numerator and denominator: the width and height of the aperture, and the
	// horizontal and vertical distance of its centre from that of the picture.
	width, height := ratio(b[:8]), ratio(b[8:16])
	if width == 0 || height == 0 || width > r.width || height > r.height {
		return
	}
	if corner(b[16:24], width, r.width) && corner(b[24:32], height, r.height) {
		r.width, r.height = width, height
	}
}

// ratio returns the value of a fraction, or 0 if it is not a whole number.
func ratio(b []byte) uint32 {
	n, d := be(b[:4]), be(b[4:8])
	if d == 0 || n%d != 0 {
		return 0
	}
	return n / d
}

// corner reports whether the aperture begins at the edge of the picture, in one direction.
// offset is the distance of the centres, length that of the aperture, full that of the picture.
func corner(offset []byte, length, full uint32) bool {
	n, d := int32(be(offset[:4])), be(offset[4:8])
	return 2*int64(n) == (int64(length)-int64(full))*int64(d)
}

// boxes calls f with each box in b.
func boxes(b []byte, f func(name string, data []byte)) {
	for len(b) >= 8 {
		n := be(b[:4])
		if n < 8 || uint64(n) > uint64(len(b)) {
			return
		}
		f(string(b[4:8]), b[8:n])
		b = b[n:]
	}
}

// idSize returns how many bytes the id of a picture has.
func idSize(long bool) int {
	if long {
		return 4
	}
	return 2
}

// take reads a number of n bytes and removes it from b. If b is shorter, it reads all of b.
func take(b *[]byte, n int) uint32 {
	head := (*b)[:min(n, len(*b))]
	*b = (*b)[len(head):]
	return be(head)
}
