//go:build js && wasm

package jsbridge

import "github.com/hack-pad/safejs"

// liveCallbacks counts the Go functions that JavaScript can call. Tests watch it for
// leaks.
var liveCallbacks int

// callbacks are the Go functions that one thing has given to JavaScript.
type callbacks []safejs.Func

// add makes fn callable; args that the caller leaves out are undefined.
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

// release ends all of them. They must not be called any more: whoever holds them
// lets go first.
func (c *callbacks) release() {
	for _, f := range *c {
		f.Release()
		liveCallbacks--
	}
	*c = nil
}
