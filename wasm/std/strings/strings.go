// Package strings replaces the standard package strings in the wasm: web/build/overlay.mjs makes
// the build use it. The standard package would add the tables of Unicode. This package has only
// the functions that the wasm and its dependencies call. A dependency that calls others does not
// compile. The tests compare it with the standard package.
package strings

// A Builder collects text.
type Builder struct{ text []byte }

// WriteString appends s.
func (b *Builder) WriteString(s string) (int, error) {
	b.text = append(b.text, s...)
	return len(s), nil
}

// String returns what was written.
func (b *Builder) String() string { return string(b.text) }

// HasPrefix reports whether s begins with prefix.
func HasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// CutPrefix returns s without the prefix, and whether s had it.
func CutPrefix(s, prefix string) (after string, found bool) {
	if !HasPrefix(s, prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// TrimPrefix returns s without the prefix.
func TrimPrefix(s, prefix string) string {
	s, _ = CutPrefix(s, prefix)
	return s
}

// TrimSuffix returns s without the suffix.
func TrimSuffix(s, suffix string) string {
	if n := len(s) - len(suffix); n >= 0 && s[n:] == suffix {
		return s[:n]
	}
	return s
}

// IndexByte returns the index of the first c in s, or -1.
func IndexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// LastIndexByte returns the index of the last c in s, or -1.
func LastIndexByte(s string, c byte) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// Index returns the index of the first substr in s, or -1.
func Index(s, substr string) int {
	for i := range len(s) - len(substr) + 1 {
		if s[i:i+len(substr)] == substr {
			return i
		}
	}
	return -1
}

// Cut returns the text before and after the first sep in s, and whether s has a sep.
func Cut(s, sep string) (before, after string, found bool) {
	if i := Index(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
