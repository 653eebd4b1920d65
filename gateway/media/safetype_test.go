package media

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core"
)

func TestSafeType(t *testing.T) {
	const text = "text/plain; charset=utf-8"
	for _, c := range []struct{ first, mime string }{
		// As the API has them: four bytes are enough.
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
		{"\x89png", core.OtherType},
		{"\xff\xd8", core.OtherType},
		{"PK\x05\x06", core.OtherType},

		{"RIFF....WEBPVP", "image/webp"},
		{"BM\x00\x00", "image/bmp"},
		{"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4"},
		{"\x1a\x45\xdf\xa3", "video/webm"},
		{"ID3\x04", "audio/mpeg"},
		{"RIFF\x00\x00\x00\x00WAVE", "audio/wave"},
		{"OggS\x00", "application/ogg"},
		{"\x1f\x8b\x08\x00", "application/x-gzip"},
		{"Rar!\x1a\x07\x00", "application/x-rar-compressed"},

		{"plain", text},
		{"GIF", text},
		{" GIF8", text},
		{"grün", text},
		{"\ufeffwith a mark", text},
		{"a < b", text},
		{strings.Repeat("x", 511) + "ü"[:1], text}, // cut within a character
		{"gr\xfcn", core.OtherType},                // Latin-1
		{"\xfc", core.OtherType},
		{"\xff\xfeU\x00T\x00F\x00", core.OtherType},

		{"<html><script>", core.OtherType},
		{"<svg xmlns=", core.OtherType},
		{"<?xml version=\"1.0\"?><svg onload=", core.OtherType},
		{"\ufeff\n <svg onload=", core.OtherType},
		{"<b>", core.OtherType},
		{"\x00asm\x01\x00\x00\x00", core.OtherType},
	} {
		assert.Equal(t, c.mime, SafeType([]byte(c.first)), "%q", c.first)
	}
}
