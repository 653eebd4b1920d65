package media

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"time"

	"rtmwasm/core"
)

// A key has core.MediaKeyLength lower-case hex digits: the first keyTimeDigits are the hour in
// which the upload was created, in hours since 1970, so that stores find what expires without
// looking at each file; the others, its KeyID, are random.
const keyTimeDigits = 6

// keyIDDigits is the length of a KeyID.
const keyIDDigits = core.MediaKeyLength - keyTimeDigits

// newKeyID draws the random part of a key.
func newKeyID() string {
	var random [keyIDDigits / 2]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// Key is the key of an upload that is created at some time; id is its KeyID.
func Key(created time.Time, id string) string {
	hour := strconv.FormatInt(created.Unix()/3600, 16)
	for len(hour) < keyTimeDigits {
		hour = "0" + hour
	}
	return hour + id
}

// KeyID is the part of a valid key that does not tell the time.
func KeyID(key string) string { return key[keyTimeDigits:] }

// KeyHour is the part of a valid key that tells the time: equal for uploads of the same hour.
func KeyHour(key string) string { return key[:keyTimeDigits] }

// KeyTime is the beginning of the hour in which the upload of a valid key was created.
func KeyTime(key string) time.Time {
	at, _ := HourTime(KeyHour(key))
	return at
}

// HourTime is the beginning of what KeyHour names, and whether it names any.
func HourTime(hour string) (at time.Time, ok bool) {
	hours, err := strconv.ParseInt(hour, 16, 64)
	if err != nil || len(hour) != keyTimeDigits || hours < 0 {
		return time.Time{}, false
	}
	return time.Unix(hours*3600, 0).UTC(), true
}

// ValidKey reports whether s has the form of a key.
func ValidKey(s string) bool { return core.ValidMediaKey(s) }
