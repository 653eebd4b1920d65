package core

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMediaType(t *testing.T) {
	const unknown = "application/octet-stream"
	for _, c := range []struct{ head, mime string }{
		{"\x89PNG", "image/png"},
		{"\x89PNG\r\n\x1a\n", "image/png"},
		{"GIF8", "image/gif"},
		{"%PDF", "application/pdf"},
		{"PK\x03\x04", "application/zip"},
		{"\xff\xd8\xff\xdb", "image/jpeg"},
		{"\xff\xd8\xff\xe0", "image/jpeg"},
		{"\xff\xd8\xff\xe1", "image/jpeg"},
		{"\xff\xd8\xff\xee", "image/jpeg"},
		{"\xff\xd8\xff", "image/jpeg"},

		{"", unknown},
		{"G", unknown},
		{"GIF", unknown},
		{"\x89png", unknown},
		{"\xff\xd8", unknown},
		{"PK\x05\x06", unknown},
		{" GIF8", unknown},
		{"<svg", unknown},
		{"<htm", unknown},
	} {
		assert.Equal(t, c.mime, MediaType([]byte(c.head)), "%q", c.head)
	}
}
