package content

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct {
		header, want string
		ok           bool
	}{
		{"bytes=0-0", "bytes=0-0", true},
		{"bytes=5-", "bytes=5-", true},
		{"bytes=-5", "bytes=-5", true},
		{"BYTES=0-4", "bytes=0-4", true},
		{"Bytes = 0-4", "bytes=0-4", true},
		{"bytes=007-08", "bytes=7-8", true},
		{"items=0-4", "", false},
		{"bytes", invalid, true},
		{"", "", false},
		{"bytes=", invalid, true},
		{"bytes=-", invalid, true},
		{"bytes=a-b", invalid, true},
		{"bytes=+1-5", invalid, true},
		{"bytes=1-+5", invalid, true},
		{"bytes=--5", invalid, true},
		{"bytes=1 -5", invalid, true},
		{"bytes=0x1-5", invalid, true},
		{"bytes=5-1", "bytes=5-1", true}, // which http.ServeContent finds invalid
		{"bytes=-0", "", false},
		{"bytes=-000", "", false},
		{"bytes=0-1,5-6", "", false},
		{"bytes=0-1,", "", false},
		{"bytes=0-99999999999999999999", "bytes=0-9223372036854775807", true},
		{"bytes=99999999999999999999-", "bytes=9223372036854775807-", true},
		{"bytes=-99999999999999999999", "bytes=-9223372036854775807", true},
	} {
		header, ok := normalize(c.header)
		assert.Equal(t, c.ok, ok, c.header)
		if ok {
			assert.Equal(t, c.want, header, c.header)
		}
	}
}

func TestSetRange(t *testing.T) {
	r := &http.Request{Header: http.Header{}}
	SetRange(r)
	assert.Empty(t, r.Header)
	r.Header["Range"] = []string{"bytes=0-1", "bytes=5-6"}
	SetRange(r)
	assert.Empty(t, r.Header, "two lines are several ranges")
}
