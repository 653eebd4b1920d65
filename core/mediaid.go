package core

import (
	"math"
	"strconv"
)

// MediaKeyLength is the length of a media key in lower-case hex digits. A key has the hour in which
// the upload was created, and 232 random bits. The upload's URL is /media/<key>.
const MediaKeyLength = 64

// MediaID makes the id that applications see. It has the form of the 1.4 SDK, so that
// code which stores or measures ids keeps working (API 7.9). Zone and unit, which
// only the vendor's service had, are always 1. Only the id of a picture has width and height.
func MediaID(key string, size int64, image bool, width, height uint32) string {
	id := "0" + key + "1z1z" + strconv.FormatInt(size, 10)
	if image {
		id += "z" + strconv.FormatUint(uint64(height), 10) + "z" + strconv.FormatUint(uint64(width), 10)
	}
	return id
}

const textMediaID = "mediaId is not of the form that an upload gives"

// parseMediaID reads an id. ok is false if the id is malformed. Ids of the vendor's service
// have the same form, but this gateway does not have their files.
func parseMediaID(id string) (key string, size int64, ok bool) {
	if len(id) < 1+MediaKeyLength || id[0] != '0' {
		return "", 0, false
	}
	if key = id[1 : 1+MediaKeyLength]; !ValidMediaKey(key) {
		return "", 0, false
	}
	rest := id[1+MediaKeyLength:]
	for range 2 { // zone, unit
		if _, rest, ok = cutNumber(rest); !ok || rest == "" || rest[0] != 'z' {
			return "", 0, false
		}
		rest = rest[1:]
	}
	size, rest, ok = cutNumber(rest)
	if !ok || rest != "" && rest[0] != 'z' {
		return "", 0, false
	}
	return key, size, true
}

// ValidMediaKey reports whether s has the form of a media key.
func ValidMediaKey(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(s) == MediaKeyLength
}

// MediaKey returns the key in the mediaId of a message, or "" if the id does not have that form.
func MediaKey(mediaID string) string {
	key, _, _ := parseMediaID(mediaID)
	return key
}

// cutNumber reads the decimal digits at the beginning of s. ok is false if there are none, or if the
// number does not fit into an int64. A parser of strconv would add 7 KB for the quoting in its errors.
func cutNumber(s string) (n int64, rest string, ok bool) {
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		digit := int64(s[i] - '0')
		if n > (math.MaxInt64-digit)/10 {
			return 0, s, false
		}
		n = n*10 + digit
	}
	return n, s[i:], i > 0
}
