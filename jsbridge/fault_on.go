//go:build js && wasm && rtmfault

package jsbridge

import "time"

// fault panics on purpose, in the build for tests of crashes. A message to the peer "panic"
// panics inside the call. A message to "panic later" panics in a timer, 50 ms later.
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
