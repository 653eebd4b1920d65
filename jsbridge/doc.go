// Package jsbridge connects the core to a JavaScript page. It implements core.Host with the
// browser's WebSocket, XMLHttpRequest, fetch, Blob and timers. It gives the core to the façade
// in web/src, which describes the boundary in bridge.ts.
//
// All its code runs inside calls from JavaScript, one at a time. It starts no goroutine and
// never blocks. JavaScript that it calls may call Go again: a listener may send a message, for
// example. So the core is in a consistent state before each call to JavaScript.
//
// The bytes of files stay in the browser: requests send and return Blobs. The core reads at
// most the header of a picture, and a thumbnail.
//
// Each Go function that JavaScript may call belongs to a callbacks value, and its release frees
// the function. A panic ends the program, and the façade's loader treats that as a crash. So an
// exception of JavaScript must not become a panic. All calls of JavaScript use the helpers of
// value.go, which return an error. The operation then fails with that error. If nothing waits
// for the operation, the error goes to the console.
package jsbridge
