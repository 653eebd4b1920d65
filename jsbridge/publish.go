//go:build js && wasm

package jsbridge

import "github.com/hack-pad/safejs"

// Publish gives the page the Core of bridge.ts, by calling the function rtmwasm of the
// global object. What it gives stays for as long as the program runs.
func Publish() {
	var (
		h       = &host{timers: newTimers()}
		clients []*client
		own     callbacks
	)
	function := func(fn func(args []value) any) value {
		f, err := safejs.FuncOf(func(_ value, args []value) any { return fn(args) })
		if err != nil {
			panic(err)
		}
		own = append(own, f)
		return f.Value()
	}
	core := map[string]any{
		"create": function(func(args []value) any {
			clients = append(clients, newClient(toString(args[0]), toString(args[1]), h, args[2]))
			return len(clients) - 1
		}),
		"call": function(func(args []value) any {
			return clients[int(toNumber(args[0]))].call(toString(args[1]), args[2:])
		}),
	}
	if _, err := safejs.Global().Call("rtmwasm", core); err != nil {
		panic(err)
	}
}
