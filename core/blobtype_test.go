package core

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHarmlessType(t *testing.T) {
	for contentType, mime := range map[string]string{
		"image/png": "image/png", "image/gif": "image/gif", "image/jpeg": "image/jpeg", "application/pdf": "application/pdf", "application/zip": "application/zip", // of 1.4
		"image/webp": "image/webp", "video/mp4": "video/mp4", "video/quicktime": "video/quicktime", "application/x-7z-compressed": "application/x-7z-compressed", "audio/mpeg": "audio/mpeg", "application/ogg": "application/ogg", "application/x-gzip": "application/x-gzip",
		"text/plain": "text/plain", "text/plain; charset=utf-8": "text/plain",

		"": OtherType, "image": OtherType, "image/png2": OtherType, "IMAGE/PNG": OtherType,
		"text/html": OtherType, "text/html; charset=utf-8": OtherType, "image/svg+xml": OtherType, "text/xml": OtherType, "application/xhtml+xml": OtherType,
		"text/javascript": OtherType, "application/wasm": OtherType, "text/css": OtherType, "text/plain/html": OtherType, "video/x; image/png": OtherType,
	} {
		assert.Equal(t, mime, HarmlessType(contentType), "%q", contentType)
	}
}
