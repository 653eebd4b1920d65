package core

// textID is the part of an error's text that says what an id must be.
const textID = "a string of 1 to 64 of the allowed characters"

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
	case r == '*' || r == '"' || r == '\'' || r == '`' || r == '/' || r == '\\':
		return false
	case r > ' ' && r < 0x7f:
		return true
	}
	return isSpace(r)
}

// isSpace reports whether r is white space for JavaScript's \s. Package unicode differs in two characters, and
// would add its tables to the pages' program.
func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff:
		return true
	}
	return r >= 0x2000 && r <= 0x200a
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
