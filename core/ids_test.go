package core

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The same vectors are read by the tests of web, so that both sides agree.
func TestIDVectors(t *testing.T) {
	var vectors struct {
		Valid, Invalid             []string
		ValidAppIDs, InvalidAppIDs []string
	}
	b, err := os.ReadFile("../tests/vectors/ids.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &vectors))
	for _, c := range []struct {
		name  string
		ids   []string
		check func(string) bool
		want  bool
	}{
		{"valid", vectors.Valid, ValidID, true},
		{"invalid", vectors.Invalid, ValidID, false},
		{"valid app ids", vectors.ValidAppIDs, ValidAppID, true},
		{"invalid app ids", vectors.InvalidAppIDs, ValidAppID, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.NotEmpty(t, c.ids)
			for _, id := range c.ids {
				assert.Equal(t, c.want, c.check(id), strconv.Quote(id))
			}
		})
	}
}

func TestValidIDTakesEachAllowedCharacter(t *testing.T) {
	const punctuation = "_!#$%&()+-,.:;<=>?@[]^{|}~"
	for r := rune(0); r < 0x80; r++ {
		letter := r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		want := letter || strings.ContainsRune(punctuation+" \t\n\v\f\r", r)
		assert.Equal(t, want, ValidID(string(r)), strconv.QuoteRune(r))
	}
}

func TestValidIDCountsCharacters(t *testing.T) {
	for _, c := range []string{"x", "\u00a0", "\u3000", "\ufeff"} {
		assert.True(t, ValidID(strings.Repeat(c, 64)), "64 of %q", c)
		assert.False(t, ValidID(strings.Repeat(c, 65)), "65 of %q", c)
	}
}

func TestValidIDRefusesBrokenText(t *testing.T) {
	for _, id := range []string{"\xff", "a\xc3", "\xed\xa0\x80"} {
		assert.False(t, ValidID(id), "%q", id)
	}
}

// JavaScript and Unicode differ on two characters of white space.
func TestWhiteSpace(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := unicode.IsSpace(r) && r != 0x85 || r == 0xfeff
		if isSpace(r) != want { // a million calls of assert.Equal would take seconds
			t.Errorf("isSpace(%U) is %v", r, !want)
		}
	}
}
