//go:build js && wasm

package jsbridge

import "runtime"

// collectAfter is how many bytes of Blobs may wait for Go's garbage collector. A Blob stays
// in the browser while Go has a handle of it, and to Go a handle is a few bytes: left
// to itself the collector would run once in some hundred files.
const collectAfter = 8 << 20

// collectSoon collects when nothing of what is going on is on a stack any more.
func (h *host) collectSoon() {
	h.AfterFunc(0, func() {
		h.uncollected = 0
		runtime.GC()
	})
}

// moved collects the handles of Blobs when tasks with enough bytes have ended.
func (h *host) moved(bytes int64) {
	before := h.uncollected
	h.uncollected += bytes
	if before >= collectAfter || h.uncollected < collectAfter {
		return
	}
	h.collectSoon()
}
