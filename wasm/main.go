//go:build js && wasm

// Command wasm is the WebAssembly program of the SDK. It gives the core to the page, and then
// only answers calls.
package main

import "rtmwasm/jsbridge"

func main() {
	if err := jsbridge.Publish(); err != nil {
		println(err.Error()) // the loader logs it, and reports that the program has ended
		return
	}
	select {}
}
