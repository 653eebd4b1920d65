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

// TypeBytes is how many of a file's first bytes SafeType looks at: the heads of three frames of any
// MP3 are among them.
const TypeBytes = 4096

// begins is how files begin whose types the API promises for downloads, and others that
// http.DetectContentType does not know. The vendor took three of the JPEG markers and missed ZIP
// for a slip; here any JPEG and ZIP count.
var begins = [...]struct{ prefix, mime string }{
	{"\x89PNG", "image/png"},
	{"GIF8", "image/gif"},
	{"%PDF", "application/pdf"},
	{"\xff\xd8\xff", "image/jpeg"},
	{"PK\x03\x04", "application/zip"},
	{"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
}

// SafeType tells the content type of a file from its first bytes (TypeBytes are enough), with the
// charset of text. It names only types in which no browser runs a script
// (core.HarmlessType); all else is application/octet-stream. What a client says about the type
// counts for nothing.
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

// decode returns the beginning of a text of a detected type as UTF-8, or false if it is not in the
// type's charset.
func decode(text []byte, detected string) ([]byte, bool) {
	_, charset, _ := strings.Cut(detected, "charset=")
	switch charset {
	case "utf-16le", "utf-16be":
		return decodeUTF16(text, charset == "utf-16be")
	}
	return text, isUTF8(text)
}

// decodeUTF16 returns UTF-16 that begins with a byte order mark as UTF-8, or false if it is no text:
// it has half a character, which is not the last, or a control character that http.DetectContentType
// would not have in a text either.
func decodeUTF16(text []byte, bigEndian bool) ([]byte, bool) {
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

// isMarkup reports whether text may be HTML, SVG or other XML, also where browsers do not see it.
func isMarkup(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, "\ufeff \t\r\n\f"), []byte("<"))
}

// isUTF8 reports whether bytes are UTF-8, of which the last character may be cut.
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
