package media

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core"
)

func TestKeys(t *testing.T) {
	id := newKeyID()
	assert.NotEqual(t, id, newKeyID())
	created := time.Date(2026, 11, 29, 12, 59, 59, 0, time.UTC)
	key := Key(created, id)
	assert.True(t, ValidKey(key))
	assert.Equal(t, id, KeyID(key))
	assert.Equal(t, created.Truncate(time.Hour), KeyTime(key))
	at, ok := HourTime(KeyHour(key))
	assert.True(t, ok)
	assert.Equal(t, KeyTime(key), at)
	for _, bad := range []string{"", "07", "07a0c70", "-7a0c7", "07a0cx"} {
		_, ok := HourTime(bad)
		assert.False(t, ok, bad)
	}
}

func FuzzValidKey(f *testing.F) {
	for _, s := range []string{"", strings.Repeat("a", 64), strings.Repeat("A", 64), strings.Repeat("0", 63) + "\n", strings.Repeat("ä", 32)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := len(s) == core.MediaKeyLength && strings.Trim(s, "0123456789abcdef") == ""
		assert.Equal(t, want, ValidKey(s))
	})
}
