//go:build js && wasm && rtmfault

package jsbridge

import "time"

// fault panics on purpose, in the build that tests use to see what a page is left
// with: a message to the peer "panic" inside the call, one to "panic later" in a
// timer after it.
func fault(method string, args []value) {
	if method != "sendPeer" {
		return
	}
	switch toString(args[0]) {
	case "panic":
		panic("deliberate fault")
	case "panic later":
		newTimers().AfterFunc(50*time.Millisecond, func() { panic("deliberate fault in a timer") })
	}
}
