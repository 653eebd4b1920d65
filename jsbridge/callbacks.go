//go:build js && wasm

package jsbridge

import "github.com/hack-pad/safejs"

// liveCallbacks counts the Go functions that JavaScript can call. Tests use it to find leaks.
var liveCallbacks int

// callbacks are the Go functions that one object has given to JavaScript.
type callbacks []safejs.Func

// add makes fn a function that JavaScript can call. If JavaScript passes no argument, arg is
// undefined.
func (c *callbacks) add(fn func(arg value)) safejs.Value {
	f, err := safejs.FuncOf(func(_ value, args []value) any {
		var arg value
		if len(args) > 0 {
			arg = args[0]
		}
		fn(arg)
		return nil
	})
	if err != nil {
		report(plain(err)) // only without a JavaScript engine
		return value{}
	}
	*c = append(*c, f)
	liveCallbacks++
	return f.Value()
}

// release frees all of them. JavaScript must not call them afterwards, so the caller first
// removes them from the objects that hold them.
func (c *callbacks) release() {
	for _, f := range *c {
		f.Release()
		liveCallbacks--
	}
	*c = nil
}
