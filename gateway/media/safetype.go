package media

import (
	"net/http"

	"rtmwasm/core"
)

// SafeType tells the content type of a file from its first bytes (512 are enough).
// It names only types in which no browser runs a script; all else is
// application/octet-stream. The types that the SDK gives to Blobs (core.MediaType) are among
// them. What a client says about the type counts for nothing.
func SafeType(first []byte) string {
	switch t := http.DetectContentType(first); t {
	case "image/png", "image/gif", "image/jpeg", "image/webp", "image/bmp",
		"video/mp4", "video/webm", "audio/mpeg", "audio/wave", "application/ogg",
		"application/pdf", "application/zip":
		return t
	}
	return core.MediaType(first)
}
