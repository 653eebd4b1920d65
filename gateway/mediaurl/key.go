package mediaurl

import (
	"errors"
	"fmt"
	"strings"
)

// MinSecret is the least length of a Key's secret, in bytes.
const MinSecret = 32

// maxID is the greatest length of a Key's id, in characters.
const maxID = 32

// Key is a secret that signs URLs, and the id by which a URL names it.
type Key struct {
	ID     string
	Secret []byte
}

// ParseKey reads a key of the form ID:SECRET. The secret is the bytes of the text SECRET. Errors
// do not show it.
func ParseKey(text string) (Key, error) {
	id, secret, ok := strings.Cut(text, ":")
	switch {
	case !ok:
		return Key{}, errors.New("a key needs the form ID:SECRET")
	case !validID(id):
		return Key{}, fmt.Errorf("the ID of a key needs 1 to %d of the characters A-Z a-z 0-9 - _", maxID)
	case len(secret) < MinSecret:
		return Key{}, fmt.Errorf("the secret of key %s has %d characters, it needs %d or more: take one from `openssl rand -hex 32`", id, len(secret), MinSecret)
	}
	return Key{id, []byte(secret)}, nil
}

func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
