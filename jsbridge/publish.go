//go:build js && wasm

package jsbridge

import "github.com/hack-pad/safejs"

// Publish gives the page a Core of bridge.ts by calling the global function rtmwasm. The page
// can use it as long as the program runs. After an error no page can use the program.
func Publish() error {
	var (
		h       = &host{timers: newTimers()}
		clients = map[handle]*client{}
		last    handle
	)
	create, err := publish(func(args []value) any {
		last++
		clients[last] = newClient(toString(args[0]), toString(args[1]), h, args[2])
		return last
	})
	if err != nil {
		return err
	}
	calls, err := publish(func(args []value) any {
		if c := clients[toHandle(args[0])]; c != nil {
			return c.call(toString(args[1]), args[2:])
		}
		return nil
	})
	if err != nil {
		return err
	}
	release, err := publish(func(args []value) any {
		delete(clients, toHandle(args[0]))
		return nil
	})
	if err != nil {
		return err
	}
	preparer := &preparer{h: h}
	prepare, err := publish(func(args []value) any {
		preparer.prepare(args[0], args[1], args[2], args[3])
		return nil
	})
	if err == nil {
		_, err = callGlobal("rtmwasm", map[string]any{"create": create, "call": calls, "release": release, "prepare": prepare})
	}
	return err
}

// publish makes fn a function that JavaScript may call as long as the program runs.
func publish(fn func(args []value) any) (value, error) {
	f, err := safejs.FuncOf(func(_ value, args []value) any { return fn(args) })
	return f.Value(), plain(err)
}
