package core

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var testKey = strings.Repeat("0123456789abcdef", 4)

func TestMediaIDForm(t *testing.T) {
	assert.Equal(t, "0"+testKey+"1z1z100000", MediaID(testKey, 100000, false, 640, 480))
	assert.Equal(t, "0"+testKey+"1z1z100000z480z640", MediaID(testKey, 100000, true, 640, 480), "height first")
	assert.Equal(t, "0"+testKey+"1z1z1z0z0", MediaID(testKey, 1, true, 0, 0), "not measured")
}

func TestParseMediaID(t *testing.T) {
	id := "0" + testKey
	for _, c := range []struct {
		name string
		id   string
		size int64 // -1: not of the form
	}{
		{"a file", id + "1z1z100000", 100000},
		{"a picture", id + "1z1z100000z480z640", 100000},
		{"the vendor's zone and unit", id + "12z345z7", 7},
		{"size 0", id + "1z1z0", 0},
		{"the largest number", id + "1z1z9223372036854775807", 1<<63 - 1},
		{"what follows the size is not read", id + "1z1z5zjunk", 5},

		{"empty", "", -1},
		{"only the first digit", "0", -1},
		{"only the key", id, -1},
		{"no unit", id + "1z5", -1},
		{"no size", id + "1z1z", -1},
		{"no zone", id + "z1z5", -1},
		{"a number above int64", id + "1z1z9223372036854775808", -1},
		{"a zone above int64", id + "99999999999999999999z1z5", -1},
		{"a negative size", id + "1z1z-5", -1},
		{"a signed size", id + "1z1z+5", -1},
		{"junk after the size", id + "1z1z5x", -1},
		{"a space after the size", id + "1z1z5 ", -1},
		{"another first digit", "1" + testKey + "1z1z5", -1},
		{"capital hex", "0" + strings.ToUpper(testKey) + "1z1z5", -1},
		{"a short key", id[:64] + "1z1z5", -1},
		{"no hex", "0" + strings.Repeat("g", 64) + "1z1z5", -1},
		{"a path", "0" + strings.Repeat("../.", 16) + "1z1z5", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, size, ok := parseMediaID(c.id)
			require.Equal(t, c.size >= 0, ok)
			if ok {
				assert.Equal(t, testKey, key)
				assert.Equal(t, c.size, size)
			}
		})
	}
}

// Whatever has the form names a key that is safe in a URL, and is told apart from its
// key and size alone.
func FuzzMediaID(f *testing.F) {
	f.Add("0" + testKey + "1z1z100000")
	f.Add("0" + testKey + "1z1z100000z480z640")
	f.Add("0" + testKey + "1z1z")
	f.Add("")
	f.Fuzz(func(t *testing.T, id string) {
		key, size, ok := parseMediaID(id)
		if !ok {
			require.Empty(t, key)
			require.Zero(t, size)
			return
		}
		require.Regexp(t, "^[0-9a-f]{64}$", key)
		require.GreaterOrEqual(t, size, int64(0))
		for _, image := range []bool{false, true} {
			again, n, ok := parseMediaID(MediaID(key, size, image, 1<<32-1, 0))
			require.True(t, ok)
			require.Equal(t, key, again)
			require.Equal(t, size, n)
		}
	})
}
