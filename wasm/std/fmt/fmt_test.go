package fmt

import (
	"bytes"
	"errors"
	std "fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

type named struct{}

func (named) String() string { return "named" }

// The texts are the same as those of the standard library.
func TestSprintf(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
	}{
		{"proto: wrong wireType = %d for field Id", []any{5}},
		{"proto: Send: illegal tag %d (wire type %d)", []any{int32(-1), uint64(1<<64 - 1)}},
		{"proto: Send: wiretype end group for non-group", nil},
		{"%+v", []any{"bad type flag"}},
		{"%+v\n%s", []any{errors.New("why"), named{}}},
		{"invalid type for instanceof: %v", []any{named{}}},
		{"%q", []any{"text"}},
		{"", nil},
	} {
		assert.Equal(t, std.Sprintf(c.format, c.args...), Sprintf(c.format, c.args...))
		assert.Equal(t, std.Errorf(c.format, c.args...).Error(), Errorf(c.format, c.args...).Error())
	}
}

func TestWhatIsNotKnownShows(t *testing.T) {
	assert.Equal(t, "%!x(7) (a value) (missing)", Sprintf("%x %v %d", 7, []int{1}))
}

func TestFprint(t *testing.T) {
	var b bytes.Buffer
	n, err := Fprint(&b, "one ")
	assert.NoError(t, err)
	assert.Equal(t, 4, n)
	Fprintf(&b, "%s", "two")
	assert.Equal(t, "one two", b.String())
}
