package rest

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"rtmwasm/core"
)

// minSecret is the least number of characters in a secret.
const minSecret = 16

// Key is a credential of backends, for HTTP Basic: ID is the user name, Secret the password.
type Key struct {
	ID, Secret string
	App        string // the only app that it is for; "" means all apps of the gateway
}

// ParseKey reads ID:SECRET or ID:SECRET@APPID. Its errors do not show the secret.
func ParseKey(text string) (Key, error) {
	id, secret, found := strings.Cut(text, ":")
	if !found || id == "" || !isPlain(id) {
		return Key{}, errors.New("a key must have the form ID:SECRET or ID:SECRET@APPID; the ID has letters, digits and -._~")
	}
	k := Key{ID: id, Secret: secret}
	if at := strings.LastIndexByte(secret, '@'); at >= 0 {
		k.Secret, k.App = secret[:at], secret[at+1:]
		if !core.ValidAppID(k.App) {
			return Key{}, fmt.Errorf("what follows @ in the key %s must be an app id: 32 ASCII letters and digits", id)
		}
	}
	if len(k.Secret) < minSecret || !isPlain(k.Secret) {
		return Key{}, fmt.Errorf("the secret of the key %s must have %d or more letters, digits and -._~", id, minSecret)
	}
	return k, nil
}

func isPlain(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// keyring checks keys in constant time: it compares the hash of the given key with all hashes.
type keyring []hashedKey

type hashedKey struct {
	id, app string
	sum     [sha256.Size]byte // of ID:SECRET
}

func newKeyring(keys []Key) keyring {
	ring := make(keyring, len(keys))
	for i, k := range keys {
		ring[i] = hashedKey{id: k.ID, app: k.App, sum: sha256.Sum256([]byte(k.ID + ":" + k.Secret))}
	}
	return ring
}

// find returns the id of the key if given, an ID:SECRET, is a key for the app, otherwise "".
func (ring keyring) find(given, app string) (id string) {
	sum := sha256.Sum256([]byte(given))
	for _, k := range ring {
		if subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 1 && (k.app == "" || k.app == app) {
			id = k.id
		}
	}
	return id
}
