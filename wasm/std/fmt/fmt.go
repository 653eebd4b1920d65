// Package fmt replaces the standard package fmt in the wasm: web/build/overlay.mjs makes the build
// use it. The codec and safejs only format the texts of errors. For that, the standard package
// would add reflect, os and time zones: a fifth of the wasm. This package has only the functions
// that these two call. A dependency that calls others does not compile. An unknown verb is
// visible in the text.
package fmt

import (
	"errors"
	"strconv"
)

// Stringer is implemented by values that have a text.
type Stringer interface{ String() string }

// State is the argument of a formatter. This package calls no formatters: %+v is the text of an
// error, without the stack that safejs would add.
type State interface {
	Write(b []byte) (n int, err error)
	Flag(c int) bool
}

type writer interface {
	Write(b []byte) (n int, err error)
}

// Errorf makes an error of the text. It does not know %w.
func Errorf(format string, args ...any) error { return errors.New(Sprintf(format, args...)) }

// Fprint writes the text of arg.
func Fprint(w writer, arg any) (int, error) { return w.Write([]byte(text(arg))) }

// Fprintf writes what Sprintf returns.
func Fprintf(w writer, format string, args ...any) (int, error) {
	return w.Write([]byte(Sprintf(format, args...)))
}

// Sprintf knows %d, %s, %v, %+v and %q.
func Sprintf(format string, args ...any) string {
	out := ""
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out += format[i : i+1]
			continue
		}
		i++
		if format[i] == '+' && i+1 < len(format) {
			i++
		}
		s := "(missing)"
		if len(args) > 0 {
			s, args = text(args[0]), args[1:]
		}
		switch format[i] {
		case 'd', 's', 'v':
			out += s
		case 'q':
			out += `"` + s + `"`
		default:
			out += "%!" + format[i:i+1] + "(" + s + ")"
		}
	}
	return out
}

func text(arg any) string {
	switch a := arg.(type) {
	case string:
		return a
	case error:
		return a.Error()
	case Stringer:
		return a.String()
	case int:
		return strconv.Itoa(a)
	case int32:
		return strconv.Itoa(int(a))
	case uint64:
		return strconv.FormatUint(a, 10)
	}
	return "(a value)"
}
