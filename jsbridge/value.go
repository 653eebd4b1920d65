//go:build js && wasm

package jsbridge

import (
	"math"

	"github.com/hack-pad/safejs"
)

type value = safejs.Value

// The readers below take what is missing or of another type for the zero value: the
// façade has checked what an application gave.

func get(v value, name string) value {
	out, _ := v.Get(name)
	return out
}

func getString(v value, name string) string { return toString(get(v, name)) }

func toString(v value) string {
	if v.Type() != safejs.TypeString {
		return ""
	}
	s, _ := v.String()
	return s
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

// getBytes copies a Uint8Array.
func getBytes(v value, name string) []byte { return toBytes(get(v, name)) }

func toBytes(array value) []byte {
	n, err := array.Length()
	if err != nil || n == 0 {
		return nil
	}
	b := make([]byte, n)
	if _, err := safejs.CopyBytesToGo(b, array); err != nil {
		return nil
	}
	return b
}

// fromBytes makes a Uint8Array.
func fromBytes(b []byte) value {
	array := construct("Uint8Array", len(b))
	safejs.CopyBytesToJS(array, b)
	return array
}

// construct is new name(args...) for the classes that every page has.
func construct(name string, args ...any) value {
	v, err := tryConstruct(name, args...)
	if err != nil {
		panic(err)
	}
	return v
}

func tryConstruct(name string, args ...any) (value, error) {
	return get(safejs.Global(), name).New(args...)
}

// isSet tells undefined and null from everything else.
func isSet(v value) bool { return !v.IsUndefined() && !v.IsNull() }

// toStrings reads an array; what is no string in it is "".
func toStrings(array value) []string {
	n, _ := array.Length()
	out := make([]string, n)
	for i := range out {
		s, _ := array.Index(i)
		out[i] = toString(s)
	}
	return out
}
