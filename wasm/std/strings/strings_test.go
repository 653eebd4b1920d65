package strings

import (
	std "strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Each function returns the same as that of the standard library.
func TestLikeTheStandardLibrary(t *testing.T) {
	texts := []string{"", "a", "/", "ab", "ba", "aba", "://", "https://host/path/", "wss:", "höhe", "\xff\xfe", "a\xff"}
	for _, s := range texts {
		for _, sub := range texts {
			assert.Equal(t, std.HasPrefix(s, sub), HasPrefix(s, sub))
			assert.Equal(t, std.TrimPrefix(s, sub), TrimPrefix(s, sub))
			assert.Equal(t, std.TrimSuffix(s, sub), TrimSuffix(s, sub))
			assert.Equal(t, std.Index(s, sub), Index(s, sub), "%q in %q", sub, s)
			wantAfter, wantFound := std.CutPrefix(s, sub)
			after, found := CutPrefix(s, sub)
			assert.Equal(t, []any{wantAfter, wantFound}, []any{after, found})
			wantBefore, wantAfter, wantFound := std.Cut(s, sub)
			before, after, found := Cut(s, sub)
			assert.Equal(t, []any{wantBefore, wantAfter, wantFound}, []any{before, after, found})
		}
		for c := range 256 {
			assert.Equal(t, std.IndexByte(s, byte(c)), IndexByte(s, byte(c)))
			assert.Equal(t, std.LastIndexByte(s, byte(c)), LastIndexByte(s, byte(c)))
		}
	}
}

func TestBuilder(t *testing.T) {
	var b Builder
	b.WriteString("one ")
	n, err := b.WriteString("two")
	assert.NoError(t, err)
	assert.Equal(t, 3, n)
	assert.Equal(t, "one two", b.String())
}
