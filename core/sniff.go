package core

import "strings"

// mediaTypes are the types that the API promises for downloads (7.4), and how files of them
// begin. The vendor took three of the JPEG markers and missed ZIP for a slip; here any JPEG
// and ZIP count.
var mediaTypes = [...]struct{ prefix, mime string }{
	{"\x89PNG", "image/png"},
	{"GIF8", "image/gif"},
	{"%PDF", "application/pdf"},
	{"\xff\xd8\xff", "image/jpeg"},
	{"PK\x03\x04", "application/zip"},
}

// otherMedia is the type of every other file.
const otherMedia = "application/octet-stream"

// MediaType returns the MIME type of a file by its first bytes, of which 4 are enough. It is
// one of those that a downloaded Blob can have. The gateway tells it as Content-Type.
func MediaType(head []byte) string {
	for _, t := range mediaTypes {
		if strings.HasPrefix(string(head), t.prefix) {
			return t.mime
		}
	}
	return otherMedia
}

// blobType returns the type of a Blob whose download had the Content-Type. The gateway knows
// more types than the API promises.
func blobType(contentType string) string {
	for _, t := range mediaTypes {
		if t.mime == contentType {
			return contentType
		}
	}
	return otherMedia
}
