//go:build js && wasm

package jsbridge

import (
	"math"

	"github.com/hack-pad/safejs"
)

type value = safejs.Value

// The readers below take what is missing or of another type for the zero value: the
// façade has checked what an application gave. A getter that throws gives undefined
// (guard in program.ts).

func get(v value, name string) value {
	out, err := v.Get(name)
	if err != nil { // v is no object
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

func toBool(v value) bool {
	b, err := v.Bool()
	return err == nil && b
}

func getNumber(v value, name string) float64 { return toNumber(get(v, name)) }

func toNumber(v value) float64 {
	n, err := v.Float()
	if err != nil {
		return 0
	}
	return n
}

// getUint32 is a dimension: what is no positive number is 0.
func getUint32(v value, name string) uint32 {
	n := getNumber(v, name)
	if !(n > 0) {
		return 0
	}
	return uint32(min(n, math.MaxUint32))
}

// getBytes is toBytes of a property; nothing where it is not set.
func getBytes(v value, name string) ([]byte, error) {
	array := get(v, name)
	if !isSet(array) {
		return nil, nil
	}
	return toBytes(array)
}

// toBytes copies a Uint8Array of the page's own realm, nothing else.
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

// construct is new name(args...) for a class of the global object.
func construct(name string, args ...any) (value, error) {
	v, err := get(safejs.Global(), name).New(args...)
	return v, plain(err)
}

// call is v.method(args...).
func call(v value, method string, args ...any) (value, error) {
	out, err := v.Call(method, args...)
	return out, plain(err)
}

// callGlobal calls a function of the global object.
func callGlobal(name string, args ...any) (value, error) {
	return call(safejs.Global(), name, args...)
}

// set gives v properties, each a name and a value. The error is the first.
func set(v value, properties ...any) error {
	for i := 0; i < len(properties); i += 2 {
		if err := v.Set(properties[i].(string), properties[i+1]); err != nil {
			return plain(err)
		}
	}
	return nil
}

// scriptError is the text of what JavaScript threw.
type scriptError string

func (e scriptError) Error() string { return string(e) }

// plain makes an error of safejs one that can be read: to read the message of a thrown
// null would be a panic.
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

// report shows an error on the console where nobody waits for an outcome.
func report(err error) {
	if err == nil {
		return
	}
	if _, err = call(get(safejs.Global(), "console"), "error", "RTM: "+err.Error()); err != nil {
		return // the console itself is broken
	}
}

// isSet tells undefined and null from everything else.
func isSet(v value) bool { return !v.IsUndefined() && !v.IsNull() }

// toStrings reads an array; what is no string in it is "".
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
