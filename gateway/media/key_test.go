package media

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core"
)

func TestNewKey(t *testing.T) {
	a, b := newKey(), newKey()
	assert.True(t, ValidKey(a))
	assert.NotEqual(t, a, b)
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
