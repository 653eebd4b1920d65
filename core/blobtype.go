package core

import "strings"

// harmlessTypes are the MIME types of files in which browsers do not run scripts, with a space before and
// after each. The API promises the first five (7.4).
const harmlessTypes = " image/png image/gif application/pdf image/jpeg application/zip" +
	" image/webp image/bmp" +
	" video/mp4 video/webm video/quicktime audio/mpeg audio/wave application/ogg" +
	" application/x-gzip application/x-rar-compressed application/x-7z-compressed" +
	" text/plain "

// OtherType is the MIME type of all other files.
const OtherType = "application/octet-stream"

// HarmlessType returns the MIME type of a Content-Type in lower case, without its parameters. For a
// type in which browsers may run scripts it returns OtherType. Downloaded Blobs have this type.
func HarmlessType(contentType string) string {
	mime, _, _ := strings.Cut(contentType, ";")
	if strings.Index(harmlessTypes, " "+mime+" ") >= 0 { // wasm/std has no strings.Contains
		return mime
	}
	return OtherType
}
