// Package imagesize reads the displayed width and height of a picture from its
// header: PNG, JPEG, GIF, BMP, WebP, AVIF and icons, the formats that browsers agree on.
// The format is told by content, never by a name.
//
// Displayed means what a browser calls naturalWidth and naturalHeight: a photo
// whose EXIF orientation turns it by a quarter has the two swapped. That counts
// for JPEG and for PNG, as in Chromium, which ignores EXIF in WebP and AVIF; an AVIF has
// a property of its own for that.
//
// Where browsers differ, the size is Chromium's: see testdata/pictures.
//
// Whatever is not a picture, is cut short or has no area is 0 × 0; there are no
// errors. Only the header is looked at, so that some odd pictures differ:
//   - one with a sound header and broken pixels has no size in a browser;
//   - Chromium scales a JPEG whose EXIF names a resolution other than 72 dpi and the
//     pixel counts that follow from it.
//
// The package imports nothing, for it is part of a binary that pages download,
// and does no I/O, for there bytes arrive in callbacks: see [Reader].
package imagesize

// WindowSize is how many bytes a caller should offer at a time: 64 KiB, which holds
// any EXIF in JPEG. (The last byte of the largest segment is out, but carries none.)
const WindowSize = 64 << 10

// maxWindows bounds what a crafted picture can make the caller read, to 8 MiB.
// Cameras put megabytes of depth map or sound ahead of the JPEG's size, in
// segments that need a window each.
const maxWindows = 128

// Reader finds a picture's size in windows of its bytes. The zero value is ready.
//
//	var r imagesize.Reader
//	for offset, done := r.Next(); !done; offset, done = r.Next() {
//		r.Feed(bytesOf(picture, offset, WindowSize))
//	}
//	width, height := r.Size()
type Reader struct {
	// step looks at the bytes at offset; nil, at the start, means open.
	step    step
	offset  int64
	windows int
	done    bool

	width, height uint32
	exif          bool // the JPEG's EXIF, the first, is behind
	turned        bool // width and height swap
}

// step handles what begins at b[0]: it returns how far on the next thing begins,
// which may be beyond b. If it needs more bytes than b has, it has done nothing
// and returns that need, at most WindowSize. 0, 0 means that there is no more to learn.
type step func(r *Reader, b []byte) (advance int64, need int)

// Next tells which bytes of the picture are wanted next: those from offset, up to
// [WindowSize] of them. The offset grows from window to window and may be beyond the
// picture's end. Done means that none are wanted, and Size is known.
func (r *Reader) Next() (offset int64, done bool) { return r.offset, r.done }

// Feed gives the bytes at the offset that Next told. Fewer than [WindowSize], or
// none, mean that the picture ends there. The window is not kept.
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
				r.fail() // the picture ends within its header
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

// Size is the displayed size in pixels, once Next has told done: both at least 1,
// or both 0.
func (r *Reader) Size() (width, height uint32) {
	if r.turned {
		return r.height, r.width
	}
	return r.width, r.height
}

// Read reads the displayed size of a whole picture.
func Read(picture []byte) (width, height uint32) {
	var r Reader
	for offset, done := r.Next(); !done; offset, done = r.Next() {
		rest := picture[min(offset, int64(len(picture))):]
		r.Feed(rest[:min(WindowSize, len(rest))])
	}
	return r.Size()
}

// set notes the stored size, unless a side has no length or one above the limit.
func (r *Reader) set(width, height, limit uint32) {
	if width != 0 && height != 0 && width <= limit && height <= limit {
		r.width, r.height = width, height
	}
}

// fail ends the reading of what no browser decodes: 0 × 0.
func (r *Reader) fail() {
	r.width, r.height, r.done = 0, 0, true
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// be is b, up to 4 bytes, as a big-endian number.
func be(b []byte) (n uint32) {
	for _, c := range b {
		n = n<<8 | uint32(c)
	}
	return n
}

// le is b, up to 4 bytes, as a little-endian number.
func le(b []byte) (n uint32) {
	for i := len(b); i > 0; i-- {
		n = n<<8 | uint32(b[i-1])
	}
	return n
}
