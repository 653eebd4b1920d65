//go:build js && wasm

package jsbridge

import "runtime"

// collectAfter is how many bytes of Blobs may wait for Go's garbage collector. The browser
// keeps a Blob while Go has a reference to it. For Go a reference is only a few bytes, so by
// itself the collector would run about once in a hundred files.
const collectAfter = 8 << 20

// collectSoon runs the garbage collector in a later task, when no reference is on the stack.
func (h *host) collectSoon() {
	h.AfterFunc(0, func() {
		h.uncollected = 0
		runtime.GC()
	})
}

// moved counts the bytes of a transfer that has ended. It starts a collection when the count
// reaches collectAfter.
func (h *host) moved(bytes int64) {
	before := h.uncollected
	h.uncollected += bytes
	if before >= collectAfter || h.uncollected < collectAfter {
		return
	}
	h.collectSoon()
}
