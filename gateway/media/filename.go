package media

import (
	"fmt"
	"strings"
	"unicode"
)

// attachment is the Content-Disposition that has a file saved under a name (RFC 6266): in ASCII
// as far as it goes, and in full for all browsers of today (RFC 8187).
func attachment(name string) string {
	name = strings.Map(fileRune, name)
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + extValue(name)
}

// fileRune replaces what is of no file's name: separators of paths, what is not seen, and what
// changes the direction of writing, so that "exe" may look like the beginning.
func fileRune(r rune) rune {
	if r == '/' || r == '\\' || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
		return '_'
	}
	return r
}

// extValue escapes all bytes but those of attr-char (RFC 8187, 3.2.1).
func extValue(s string) string {
	var out strings.Builder
	for _, c := range []byte(s) {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
