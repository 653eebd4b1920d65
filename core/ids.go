package core

import (
	"unicode"
	"unicode/utf8"
)

// ValidID reports whether s may name a user or a channel: 1 to MaxIDLength
// characters, not "null", each an ASCII letter or digit, any white space, or one of
// _!#$%&()+-,.:;<=>?@[]^{|}~ (API 2.1).
func ValidID(s string) bool {
	if s == "" || s == "null" {
		return false
	}
	n := 0
	for _, r := range s {
		n++
		if n > MaxIDLength || !validIDRune(r) {
			return false
		}
	}
	return true
}

func validIDRune(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	case r == '*' || r == '"' || r == '\'' || r == '`' || r == '/' || r == '\\' || r == utf8.RuneError:
		return false
	case r > ' ' && r < 0x7f:
		return true
	case r == 0x85: // white space to Unicode, not to JavaScript's \s
		return false
	case r == 0xfeff: // the other way round
		return true
	}
	return unicode.IsSpace(r)
}

// ValidAppID reports whether s is AppIDLength ASCII letters and digits (API 1.3).
func ValidAppID(s string) bool {
	if len(s) != AppIDLength {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
