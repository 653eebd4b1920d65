package media

import (
	"fmt"
	"strings"
	"unicode"
)

// attachment returns the Content-Disposition that makes browsers save a file with a name (RFC 6266).
// It has the name reduced to ASCII, and the complete name for all current browsers (RFC 8187).
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

// fileRune replaces characters that file names must not have: path separators, invisible characters,
// and those that change the direction of writing and so hide an extension such as "exe".
func fileRune(r rune) rune {
	if r == '/' || r == '\\' || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
		return '_'
	}
	return r
}

// extValue escapes all bytes except attr-char (RFC 8187, 3.2.1).
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
