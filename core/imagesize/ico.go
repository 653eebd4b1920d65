package imagesize

// ico reads the directory of an icon or a cursor. Browsers show the picture with the largest
// area; among these the one with the most bits per pixel; among these the first.
func (r *Reader) ico(b []byte) {
	const header, entry = 6, 16
	n := int(le(b[4:6]))
	if len(b) < header+n*entry {
		return
	}
	cursor := b[2] == 2 // cursors have coordinates in place of the bits per pixel
	var bits uint32
	for b = b[header:]; n > 0; n, b = n-1, b[entry:] {
		width, height := side(b[0]), side(b[1])
		area, largest := width*height, r.width*r.height
		if area > largest || area == largest && !cursor && le(b[6:8]) > bits {
			r.width, r.height, bits = width, height, le(b[6:8])
		}
	}
}

// side returns a length in pixels. 256 does not fit into a byte and is stored as 0.
func side(b byte) uint32 { return uint32(b-1) + 1 }
