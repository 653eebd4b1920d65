package media

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSafeType(t *testing.T) {
	for first, mime := range map[string]string{
		"\x89PNG\r\n\x1a\n":                   "image/png",
		"\x89PNG":                             "image/png", // as the API has it
		"GIF8":                                "image/gif",
		"%PDF":                                "application/pdf",
		"RIFF....WEBPVP":                      "image/webp",
		"<html><script>":                      "application/octet-stream",
		"<?xml version=\"1.0\"?><svg onload=": "application/octet-stream",
		"plain":                               "application/octet-stream",
		"":                                    "application/octet-stream",
	} {
		assert.Equal(t, mime, SafeType([]byte(first)), "%q", first)
	}
}
