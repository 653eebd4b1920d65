//go:build js && wasm

// Command program is a Go program for the tests of the loader. It publishes a core whose
// call method does what its name says.
package main

import (
	"os"
	"syscall/js"
	"time"
)

func main() {
	js.Global().Call("rtmwasm", map[string]any{
		"create": js.FuncOf(func(js.Value, []js.Value) any { return 7 }),
		"call":   js.FuncOf(func(_ js.Value, args []js.Value) any { return call(args[1].String(), args[2:]) }),
	})
	select {}
}

func call(method string, args []js.Value) any {
	switch method {
	case "globals":
		return js.Global()
	case "echo":
		return args[0]
	case "print":
		println("printed by Go")
	case "panic":
		panic("on purpose")
	case "exit":
		os.Exit(3)
	case "callback": // calls JavaScript, which may call again
		args[0].Invoke()
		return "back"
	case "panic in a goroutine":
		go panic("on purpose")
	case "panic in a timer":
		time.AfterFunc(time.Millisecond, func() { panic("on purpose") })
	case "open":
		open("WebSocket", "ws://gateway.example/")
		open("XMLHttpRequest")
		js.Global().Call("setTimeout", js.FuncOf(func(js.Value, []js.Value) any { return nil }), 0)
	}
	return nil
}

// open makes an object that would call Go when it ends.
func open(class string, args ...any) {
	v := js.Global().Get(class).New(args...)
	v.Set("onend", js.FuncOf(func(js.Value, []js.Value) any { return nil }))
}
