// Package fmt takes the place of the standard library's fmt in the pages' program, as
// web/build/overlay.mjs arranges. The codec and safejs format nothing but the texts of
// errors; the standard package brings reflect, os and time zones for it, a fifth of the
// program. This one has what those two call. A dependency that calls more does not
// compile, and a verb that is not known shows in the text.
package fmt

import (
	"errors"
	"strconv"
)

// Stringer is implemented by values that have a text.
type Stringer interface{ String() string }

// State is what a formatter is given. Nothing here calls formatters: %+v is the text of
// an error, without the stack that safejs would add.
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
