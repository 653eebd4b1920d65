package media

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"rtmwasm/core"
)

// TypeBytes is how many of a file's first bytes SafeType needs. They contain the headers of three frames of any
// MP3.
const TypeBytes = 4096

// begins has the first bytes of files whose types the API promises for downloads, and of others that
// http.DetectContentType does not know. The vendor knows only three of the JPEG markers, and by a mistake does not
// detect ZIP. This list detects any JPEG and ZIP.
var begins = [...]struct{ prefix, mime string }{
	{"\x89PNG", "image/png"},
	{"GIF8", "image/gif"},
	{"%PDF", "application/pdf"},
	{"\xff\xd8\xff", "image/jpeg"},
	{"PK\x03\x04", "application/zip"},
	{"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
}

// SafeType returns the content type of a file from its first bytes (TypeBytes are enough), with the charset of text.
// It returns only types in which no browser runs a script (core.HarmlessType). Other files get
// application/octet-stream. The type that a client claims is ignored.
func SafeType(first []byte) string {
	for _, t := range begins {
		if bytes.HasPrefix(first, []byte(t.prefix)) {
			return t.mime
		}
	}
	if mime := filmType(first); mime != "" {
		return mime
	}
	if isMP3(first) {
		return "audio/mpeg"
	}
	detected := http.DetectContentType(first)
	mime := core.HarmlessType(detected)
	if mime != "text/plain" {
		return mime
	}
	if text, ok := decode(first, detected); !ok || isMarkup(text) {
		return core.OtherType
	}
	return detected
}

// decode converts the beginning of a text to UTF-8 from the charset of its detected type. ok is false if the text is
// not in that charset.
func decode(text []byte, detected string) (_ []byte, ok bool) {
	_, charset, _ := strings.Cut(detected, "charset=")
	switch charset {
	case "utf-16le", "utf-16be":
		return decodeUTF16(text, charset == "utf-16be")
	}
	return text, isUTF8(text)
}

// decodeUTF16 converts UTF-16 that begins with a byte order mark to UTF-8. ok is false if it is not a text: it has an
// incomplete character before the end, or a control character that http.DetectContentType does not allow in a text.
func decodeUTF16(text []byte, bigEndian bool) (_ []byte, ok bool) {
	var order binary.ByteOrder = binary.LittleEndian
	if bigEndian {
		order = binary.BigEndian
	}
	out := make([]byte, 0, len(text))
	for text = text[2:]; len(text) >= 2; text = text[2:] {
		r := rune(order.Uint16(text))
		if utf16.IsSurrogate(r) {
			if len(text) < 4 {
				break
			}
			text = text[2:]
			if r = utf16.DecodeRune(r, rune(order.Uint16(text))); r == utf8.RuneError {
				return nil, false
			}
		}
		if r < ' ' && !strings.ContainsRune("\t\n\f\r\x1b", r) {
			return nil, false
		}
		out = utf8.AppendRune(out, r)
	}
	return out, true
}

// isMarkup reports whether text may be HTML, SVG or other XML, even if browsers would not detect it.
func isMarkup(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, "\ufeff \t\r\n\f"), []byte("<"))
}

// isUTF8 reports whether text is UTF-8. Its last character may be incomplete.
func isUTF8(text []byte) bool {
	for utf8.FullRune(text) {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			return false
		}
		text = text[size:]
	}
	return true
}
