package media

import (
	"crypto/rand"
	"encoding/hex"

	"rtmwasm/core"
)

// newKey draws the key of a new upload: core.MediaKeyLength lower-case hex digits.
func newKey() string {
	var random [core.MediaKeyLength / 2]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// ValidKey reports whether s has the form of a key.
func ValidKey(s string) bool {
	if len(s) != core.MediaKeyLength {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
