// Package imagesize reads the displayed width and height of a picture from its header. It reads
// PNG, JPEG, GIF, BMP, WebP, AVIF and icons: the formats that all browsers show. It recognizes
// the format by the content, never by a name.
//
// The displayed size is what browsers call naturalWidth and naturalHeight. If the EXIF
// orientation turns a photo by a quarter, width and height are swapped. EXIF counts for JPEG
// and PNG. In WebP and AVIF it is ignored, as in Chromium. AVIF has its own property for turns.
//
// Where browsers differ, the size is that of Chromium: see testdata/pictures.
//
// The size is 0 × 0 if the file is not a picture, is cut off, or has no area. There are no
// errors. The package reads only the header, so its size differs from that of browsers for some
// odd pictures:
//   - A picture with a valid header and broken pixels has no size in a browser.
//   - Chromium scales a JPEG whose EXIF has a resolution other than 72 dpi, and pixel counts
//     that fit this resolution.
//
// The package imports nothing, because it is part of the wasm that pages download. It does no
// I/O, because bytes arrive in callbacks there: see [Reader].
package imagesize

// WindowSize is how many bytes a caller should give at a time: 64 KiB, which has room for any
// EXIF of a JPEG. (The largest segment is one byte longer, but that byte carries no EXIF.)
const WindowSize = 64 << 10

// maxWindows limits how much a crafted picture can make the caller read to 8 MiB. Cameras write
// megabytes of depth maps or sound before the size of a JPEG, in segments that each need a
// window.
const maxWindows = 128

// Reader finds a picture's size in windows of its bytes. The zero value is ready.
//
//	var r imagesize.Reader
//	for offset, done := r.Next(); !done; offset, done = r.Next() {
//		r.Feed(bytesOf(picture, offset, WindowSize))
//	}
//	width, height := r.Size()
type Reader struct {
	// step handles the bytes at offset. At the start it is nil, which means open.
	step    step
	offset  int64
	windows int
	done    bool

	width, height uint32
	exif          bool // the first EXIF of the JPEG was read
	turned        bool // width and height swap
}

// step handles the part of the file that begins at b[0]. It returns the distance to the next
// part, which may be after the end of b. If it needs more bytes than b has, it does nothing and
// returns how many it needs, at most WindowSize. 0, 0 means that no more bytes are needed.
type step func(r *Reader, b []byte) (advance int64, need int)

// Next returns which bytes of the picture Feed needs next: up to [WindowSize] bytes from offset.
// The offset grows from call to call, and may be after the end of the picture. If done is true,
// no more bytes are needed, and Size has the result.
func (r *Reader) Next() (offset int64, done bool) { return r.offset, r.done }

// Feed takes the bytes at the offset that Next returned. If window has fewer than [WindowSize]
// bytes, the picture ends there. Feed does not keep window.
func (r *Reader) Feed(window []byte) {
	r.windows++
	last := len(window) < WindowSize || r.windows == maxWindows
	for b := window; !r.done; {
		if r.step == nil {
			r.step = open
		}
		advance, need := r.step(r, b)
		if need > len(b) {
			if last {
				r.fail() // the picture ends inside its header
			}
			return
		}
		if advance == 0 {
			r.done = true
		}
		r.offset += advance
		b = b[min(advance, int64(len(b))):]
	}
}

// Size returns the displayed size in pixels. Call it after Next has returned done. Width and
// height are both at least 1, or both 0.
func (r *Reader) Size() (width, height uint32) {
	if r.turned {
		return r.height, r.width
	}
	return r.width, r.height
}

// Read returns the displayed size of a picture in memory.
func Read(picture []byte) (width, height uint32) {
	var r Reader
	for offset, done := r.Next(); !done; offset, done = r.Next() {
		rest := picture[min(offset, int64(len(picture))):]
		r.Feed(rest[:min(WindowSize, len(rest))])
	}
	return r.Size()
}

// set stores the size. It does nothing if a side is 0 or above limit.
func (r *Reader) set(width, height, limit uint32) {
	if width != 0 && height != 0 && width <= limit && height <= limit {
		r.width, r.height = width, height
	}
}

// fail ends the reading with 0 × 0, because no browser decodes the file.
func (r *Reader) fail() {
	r.width, r.height, r.done = 0, 0, true
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// be returns b, up to 4 bytes, as a big-endian number.
func be(b []byte) (n uint32) {
	for _, c := range b {
		n = n<<8 | uint32(c)
	}
	return n
}

// le returns b, up to 4 bytes, as a little-endian number.
func le(b []byte) (n uint32) {
	for i := len(b); i > 0; i-- {
		n = n<<8 | uint32(b[i-1])
	}
	return n
}
