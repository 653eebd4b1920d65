package scan

import (
	"strings"
	"unicode"
)

// maxReason is the length of a reason, in characters.
const maxReason = 200

// plainText makes a reason safe to show to a user: one line of at most maxReason printable
// characters. Other characters and invalid UTF-8 become spaces.
func plainText(s string) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range s {
		if !unicode.IsGraphic(r) || unicode.IsSpace(r) || r == unicode.ReplacementChar {
			space = n > 0
			continue
		}
		if space && n < maxReason {
			b.WriteByte(' ')
			n++
		}
		if space = false; n == maxReason {
			break
		}
		b.WriteRune(r)
		n++
	}
	if n == 0 {
		return "no reason was given"
	}
	return strings.TrimSuffix(b.String(), " ")
}
