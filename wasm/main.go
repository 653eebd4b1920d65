//go:build js && wasm

// Command wasm is the program behind the SDK in a page. It publishes the core and then
// only answers calls.
package main

import "rtmwasm/jsbridge"

func main() {
	jsbridge.Publish()
	select {}
}
