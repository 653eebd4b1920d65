//go:build js && wasm

// Command wasm is the program behind the SDK in a page. It publishes the core and then
// only answers calls.
package main

import "rtmwasm/jsbridge"

func main() {
	if err := jsbridge.Publish(); err != nil {
		println(err.Error()) // the loader shows it, and that the program ended
		return
	}
	select {}
}
