//go:build js && wasm

package jsbridge

import (
	"math"

	"github.com/hack-pad/safejs"
)

type value = safejs.Value

// The readers below return the zero value if a value is missing or has another type. The façade
// has checked the values of applications before. For a getter that throws, the value is
// undefined (guard in program.ts).

func get(v value, name string) value {
	out, err := v.Get(name)
	if err != nil { // v is not an object
		return value{}
	}
	return out
}

func getString(v value, name string) string { return toString(get(v, name)) }

func toString(v value) string {
	if v.Type() != safejs.TypeString {
		return ""
	}
	s, err := v.String()
	if err != nil {
		return ""
	}
	return s
}

// toBool and toNumber look at the type first: for another type, safejs recovers from a panic of
// syscall/js, which takes 0.1 ms.

func toBool(v value) bool {
	if v.Type() != safejs.TypeBoolean {
		return false
	}
	b, err := v.Bool()
	return err == nil && b
}

func getNumber(v value, name string) float64 { return toNumber(get(v, name)) }

func toNumber(v value) float64 {
	if v.Type() != safejs.TypeNumber {
		return 0
	}
	n, err := v.Float()
	if err != nil {
		return 0
	}
	return n
}

// getUint32 reads a dimension. It returns 0 for a value that is not a positive number.
func getUint32(v value, name string) uint32 {
	n := getNumber(v, name)
	if !(n > 0) {
		return 0
	}
	return uint32(min(n, math.MaxUint32))
}

// getBytes is toBytes of a property. It returns nil if the property is not set.
func getBytes(v value, name string) ([]byte, error) {
	array := get(v, name)
	if !isSet(array) {
		return nil, nil
	}
	return toBytes(array)
}

// toBytes copies a Uint8Array of the page's own realm. All other values are an error.
func toBytes(array value) ([]byte, error) {
	n, err := array.Length()
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	if n, err = safejs.CopyBytesToGo(b, array); err != nil {
		return nil, err
	}
	return b[:n], nil
}

// fromBytes makes a Uint8Array.
func fromBytes(b []byte) (value, error) {
	array, err := construct("Uint8Array", len(b))
	if err == nil {
		_, err = safejs.CopyBytesToJS(array, b)
	}
	return array, err
}

// bufferBytes copies an ArrayBuffer.
func bufferBytes(buffer value) ([]byte, error) {
	array, err := construct("Uint8Array", buffer)
	if err != nil {
		return nil, err
	}
	return toBytes(array)
}

// construct returns new name(args...) for a global class.
func construct(name string, args ...any) (value, error) {
	v, err := get(safejs.Global(), name).New(args...)
	return v, plain(err)
}

// call returns v.method(args...).
func call(v value, method string, args ...any) (value, error) {
	out, err := v.Call(method, args...)
	return out, plain(err)
}

// callGlobal calls a global function.
func callGlobal(name string, args ...any) (value, error) {
	return call(safejs.Global(), name, args...)
}

// set assigns properties of v, given as names and values in turn. It stops at the first error.
func set(v value, properties ...any) error {
	for i := 0; i < len(properties); i += 2 {
		if err := v.Set(properties[i].(string), properties[i+1]); err != nil {
			return plain(err)
		}
	}
	return nil
}

// scriptError is the text of an exception of JavaScript.
type scriptError string

func (e scriptError) Error() string { return string(e) }

// plain converts an error of safejs to a scriptError. If JavaScript threw null, for example,
// Error of the original error would panic.
func plain(err error) (out error) {
	if err == nil {
		return nil
	}
	defer func() {
		if recover() != nil {
			out = scriptError("JavaScript threw something that is no Error")
		}
	}()
	return scriptError(err.Error())
}

// report writes an error to the console, for callers that can't return it. It ignores nil.
func report(err error) {
	if err == nil {
		return
	}
	if _, err = call(get(safejs.Global(), "console"), "error", "RTM: "+err.Error()); err != nil {
		return // the console itself is broken
	}
}

// isSet reports whether v is neither undefined nor null.
func isSet(v value) bool { return !v.IsUndefined() && !v.IsNull() }

// toStrings reads an array. Elements that are not strings become "".
func toStrings(array value) []string {
	n, err := array.Length()
	if err != nil {
		return nil
	}
	out := make([]string, n)
	for i := range out {
		if s, err := array.Index(i); err == nil {
			out[i] = toString(s)
		}
	}
	return out
}
