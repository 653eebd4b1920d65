package core

import "strings"

// harmlessTypes are the MIME types of files in which no browser runs a script, a space before and after
// each. The API promises the first five (7.4).
const harmlessTypes = " image/png image/gif application/pdf image/jpeg application/zip" +
	" image/webp image/bmp" +
	" video/mp4 video/webm video/quicktime audio/mpeg audio/wave application/ogg" +
	" application/x-gzip application/x-rar-compressed application/x-7z-compressed" +
	" text/plain "

// OtherType is the MIME type of all files that have none of the harmless types.
const OtherType = "application/octet-stream"

// HarmlessType returns the MIME type of a Content-Type in lower case, without its parameters, or
// OtherType if a file of that type may be one in which browsers run scripts. What it returns is
// the type of a downloaded Blob; the gateway tells no other.
func HarmlessType(contentType string) string {
	mime, _, _ := strings.Cut(contentType, ";")
	if strings.Index(harmlessTypes, " "+mime+" ") >= 0 { // the strings of the wasm have no Contains
		return mime
	}
	return OtherType
}
