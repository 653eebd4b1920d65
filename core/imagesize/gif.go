package imagesize

// gif reads the size of the screen. It may be 0, until the first frame enlarges it.
func (r *Reader) gif(b []byte) (advance int64) {
	r.width, r.height = le(b[6:8]), le(b[8:10])
	r.step = block
	if flags := b[10]; flags&0x80 != 0 {
		advance = 3 << (1 + flags&7) // a colour table
	}
	return 13 + advance
}

// block skips the extensions of a GIF up to the first frame. Like Chromium it enlarges the
// screen so that the frame fits. Firefox and WebKit use the size of the frame instead.
func block(r *Reader, b []byte) (advance int64, need int) {
	switch {
	case len(b) < 1:
		return 0, 1
	case b[0] == '!':
		r.step = subBlock
		return 2, 0
	case b[0] == ',' && len(b) < 9:
		return 0, 9
	case b[0] == ',':
		r.width = max(r.width, le(b[1:3])+le(b[5:7]))
		r.height = max(r.height, le(b[3:5])+le(b[7:9]))
	}
	if r.width == 0 || r.height == 0 {
		r.fail()
	}
	return 0, 0
}

// subBlock skips a part of an extension: a length, and as many bytes. The last part has the
// length 0.
func subBlock(r *Reader, b []byte) (advance int64, need int) {
	if len(b) < 1 {
		return 0, 1
	}
	if b[0] == 0 {
		r.step = block
	}
	return 1 + int64(b[0]), 0
}
