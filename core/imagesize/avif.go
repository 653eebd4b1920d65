package imagesize

// isAVIF tells AVIF by the brands in its first box.
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

// box passes over AVIF's outer boxes to the one that describes the pictures. One that
// does not fit a window is not read.
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

// meta finds the primary picture's properties: there is a list of all properties, and
// one of which of them each picture has.
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
				// Without the bit that says whether the property is essential.
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

// property of a picture in AVIF.
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
		r.turned = b[0]&1 != 0 // counts quarters
	case p.name == "clap" && len(b) >= 32:
		r.crop(b)
	}
}

// crop heeds a clean aperture as Chromium does: only if it begins in the upper left
// corner. Firefox does not decode such a picture, and WebKit shows all of it.
func (r *Reader) crop(b []byte) {
	// Pairs of numerator and denominator: width, height, and how far the aperture's
	// centre is from the picture's.
	width, height := ratio(b[:8]), ratio(b[8:16])
	if width == 0 || height == 0 || width > r.width || height > r.height {
		return
	}
	if corner(b[16:24], width, r.width) && corner(b[24:32], height, r.height) {
		r.width, r.height = width, height
	}
}

// ratio is a fraction without a rest, or 0.
func ratio(b []byte) uint32 {
	n, d := be(b[:4]), be(b[4:8])
	if d == 0 || n%d != 0 {
		return 0
	}
	return n / d
}

// corner tells whether a length with its centre so far from that of a full length
// begins where the full one does.
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

// idSize is how many bytes a picture's number has.
func idSize(long bool) int {
	if long {
		return 4
	}
	return 2
}

// take cuts a number of n bytes off b, or what there is.
func take(b *[]byte, n int) uint32 {
	head := (*b)[:min(n, len(*b))]
	*b = (*b)[len(head):]
	return be(head)
}
