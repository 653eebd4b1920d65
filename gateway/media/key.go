package media

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"time"

	"rtmwasm/core"
)

// A key has core.MediaKeyLength lower-case hex digits. The first keyTimeDigits are the hour in which the
// upload was created, in hours since 1970. So a store finds expired files without looking at each file. The
// other digits, the KeyID, are random.
const keyTimeDigits = 6

// keyIDDigits is the length of a KeyID.
const keyIDDigits = core.MediaKeyLength - keyTimeDigits

// newKeyID returns a random KeyID.
func newKeyID() string {
	var random [keyIDDigits / 2]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// Key returns the key of an upload from the time of its creation and its KeyID.
func Key(created time.Time, id string) string {
	hour := strconv.FormatInt(created.Unix()/3600, 16)
	for len(hour) < keyTimeDigits {
		hour = "0" + hour
	}
	return hour + id
}

// KeyID returns the random part of a valid key.
func KeyID(key string) string { return key[keyTimeDigits:] }

// KeyHour returns the hour part of a valid key, which is the same for all uploads created in that hour.
func KeyHour(key string) string { return key[:keyTimeDigits] }

// KeyTime returns the beginning of the hour in which the upload of a valid key was created.
func KeyTime(key string) time.Time {
	at, _ := HourTime(KeyHour(key))
	return at
}

// HourTime returns the beginning of the hour that KeyHour has returned. ok is false if hour is not valid.
func HourTime(hour string) (at time.Time, ok bool) {
	hours, err := strconv.ParseInt(hour, 16, 64)
	if err != nil || len(hour) != keyTimeDigits || hours < 0 {
		return time.Time{}, false
	}
	return time.Unix(hours*3600, 0).UTC(), true
}

// ValidKey reports whether s has the form of a key.
func ValidKey(s string) bool { return core.ValidMediaKey(s) }
