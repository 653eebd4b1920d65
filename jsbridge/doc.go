// Package jsbridge joins the core to a JavaScript page: it provides the core's ports
// with the browser's WebSocket, XMLHttpRequest or fetch, Blob and timers, and publishes the core to the
// façade in web/src, whose half of the boundary is bridge.ts.
//
// Everything in it runs inside calls from JavaScript, one at a time; it starts no
// goroutine and never blocks. A call out of Go may come back in (a listener that
// sends, say), which is why the core is consistent before it calls out.
//
// Media bytes do not pass through here: requests take and give Blobs, and at most a
// picture's header and a thumbnail are read.
//
// A Go function that JavaScript may call belongs to a callbacks value, whose release
// ends it. A panic ends the program; the façade's loader treats that as a crash. So
// nothing that JavaScript throws becomes a panic: each call of it is made by the helpers
// of value.go, whose error ends what asked for the call, or is shown on the console
// where nobody waits.
package jsbridge
