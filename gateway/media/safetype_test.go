package media

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

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

		{"\xff\xfeU\x00T\x00F\x00", "text/plain; charset=utf-16le"},
		{"\xfe\xff\x00U\x00T\x00F", "text/plain; charset=utf-16be"},
		{"\xff\xfe\x3d\xd8\x00\xdea\x00", "text/plain; charset=utf-16le"},     // of two halves
		{"\xff\xfea\x00\r\x00\n\x00\x3d\xd8", "text/plain; charset=utf-16le"}, // cut within a character
		{"\xff\xfea\x00\x3d\xd8a\x00", core.OtherType},                        // half a character
		{"\xff\xfea\x00\x00\xdea\x00", core.OtherType},
		{"\xff\xfea\x00\x00\x00", core.OtherType},         // NUL
		{"\xff\xfe\x00\x00a\x00\x00\x00", core.OtherType}, // UTF-32
		{"\xff\xfe<\x00s\x00v\x00g\x00", core.OtherType},
		{"\xff\xfe \x00\n\x00<\x00s\x00v\x00g\x00", core.OtherType},
		{"\xfe\xff\x00<\x00s\x00v\x00g", core.OtherType},

		{"7z\xbc\xaf\x27\x1c\x00\x04", "application/x-7z-compressed"},
		{"7z\xbc\xaf\x27", core.OtherType},

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

func TestFilmType(t *testing.T) {
	const film = "video/quicktime"
	for _, c := range []struct{ first, mime string }{
		{"\x00\x00\x00\x14ftypqt  \x20\x05\x03\x00qt  \x00\x00\x00\x08wide", film},
		{"\x00\x00\x00\x08wide\x00\x12\x34\x56mdat", film},
		{"\x00\x00\x00\x08wide\x00\x00\x00\x00mdat", film},
		{"\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x12\x34\x56", film},
		{"\x00\x12\x34\x56mdat\xff\xd8", film},
		{"\x00\x00\x10\x00moov\x00\x00\x00\x6cmvhd", film},
		{"\x00\x00\x10\x00moov\x00\x00\x0f\x00cmov", film},
		{"\x00\x00\x00\x0cfree....\x00\x00\x00\x08skip\x00\x12\x34\x56mdat", film},
		{"\x00\x00\x00\x14pnot............\x00\x00\x10\x00moov\x00\x00\x00\x6cmvhd", film},

		{"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomavc1", "video/mp4"},
		{"\x00\x00\x00\x18ftypiso5\x00\x00\x02\x00iso5dash", "video/mp4"},
		{"\x00\x00\x00\x14ftypM4V \x00\x00\x00\x01M4V ", "video/mp4"},
		{"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42", "video/mp4"},
		{"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", core.OtherType},
		{"\x00\x00\x00\x08ftypqt  ", core.OtherType}, // the brand is not in the box

		// Names at the right place by chance.
		{"Buy free beer", "text/plain; charset=utf-8"},
		{"the moov of mvhd", "text/plain; charset=utf-8"},
		{"\xff\xff\xff\xffmdat", core.OtherType},
		{"\x00\x00\x00\x07mdat", core.OtherType},
		{"\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x0f", core.OtherType},
		{"\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff", core.OtherType},
		{"\x00\x00\x10\x00moov\x00\x00\x00\x6cxxxx", core.OtherType},
		{"\x00\x00\x10\x00moov", core.OtherType},
		{"\x00\x00\x00\x08wide\x00\x00\x00\x08free", core.OtherType},
		{"\x00\x00\x00\x08wide<svg onload=", core.OtherType},
		{"\x00\x00\x00\x00free", core.OtherType},
	} {
		assert.Equal(t, c.mime, SafeType([]byte(c.first)), "%q", c.first)
	}
}

func TestMP3Type(t *testing.T) {
	frame := func(head string, size int) string { return head + strings.Repeat("\x00", size-len(head)) }
	type frames []string
	for name, c := range map[string]struct {
		frames frames
		mime   string
	}{
		"MPEG 1, 128 kbit/s, padding":       {frames{frame("\xff\xfb\x90\x64", 417), frame("\xff\xfb\x92\x64", 418), "\xff\xfb\x90\x64"}, "audio/mpeg"},
		"MPEG 1, variable":                  {frames{frame("\xff\xfb\x90\x64", 417), frame("\xff\xfb\xe0\x64", 1044), "\xff\xfb\x90\x64"}, "audio/mpeg"},
		"MPEG 1, the largest frames":        {frames{frame("\xff\xfa\xea\x00", 1441), frame("\xff\xfa\xea\x00", 1441), "\xff\xfa\xea\x00"}, "audio/mpeg"},
		"MPEG 2, 64 kbit/s at 24 kHz":       {frames{frame("\xff\xf3\x84\xc4", 192), frame("\xff\xf3\x84\xc4", 192), "\xff\xf3\x84\xc4"}, "audio/mpeg"},
		"MPEG 2.5, 8 kbit/s at 11.025 kHz":  {frames{frame("\xff\xe3\x10\xc4", 52), frame("\xff\xe3\x10\xc4", 52), "\xff\xe3\x10\xc4"}, "audio/mpeg"},
		"only two":                          {frames{frame("\xff\xfb\x90\x64", 417), frame("\xff\xfb\x90\x64", 417)}, core.OtherType},
		"another sample rate":               {frames{frame("\xff\xfb\x90\x64", 417), frame("\xff\xfb\x94\x64", 384), "\xff\xfb\x90\x64"}, core.OtherType},
		"a byte too many":                   {frames{frame("\xff\xfb\x90\x64", 418), frame("\xff\xfb\x90\x64", 417), "\xff\xfb\x90\x64"}, core.OtherType},
		"layer II":                          {frames{frame("\xff\xfd\x90\x64", 417), frame("\xff\xfd\x90\x64", 417), "\xff\xfd\x90\x64"}, core.OtherType},
		"AAC":                               {frames{frame("\xff\xf1\x50\x80", 417), frame("\xff\xf1\x50\x80", 417), "\xff\xf1\x50\x80"}, core.OtherType},
		"no version":                        {frames{frame("\xff\xeb\x90\x64", 417), frame("\xff\xeb\x90\x64", 417), "\xff\xeb\x90\x64"}, core.OtherType},
		"no bit rate":                       {frames{frame("\xff\xfb\x00\x64", 417), frame("\xff\xfb\x00\x64", 417), "\xff\xfb\x00\x64"}, core.OtherType},
		"a bit rate that is none":           {frames{frame("\xff\xfb\xf0\x64", 417), frame("\xff\xfb\xf0\x64", 417), "\xff\xfb\xf0\x64"}, core.OtherType},
		"a sample rate that is none":        {frames{frame("\xff\xfb\x9c\x64", 417), frame("\xff\xfb\x9c\x64", 417), "\xff\xfb\x9c\x64"}, core.OtherType},
		"nothing but ones":                  {frames{strings.Repeat("\xff", TypeBytes)}, core.OtherType},
		"a page behind what looks like one": {frames{"\xff\xfb\x90\x64<html><script>"}, core.OtherType},
	} {
		assert.Equal(t, c.mime, SafeType([]byte(strings.Join(c.frames, ""))), name)
	}
	largest := frame("\xff\xfb\xea\x00", 1441)
	assert.Equal(t, "audio/mpeg", SafeType([]byte(strings.Repeat(largest, 4)[:TypeBytes])), "TypeBytes are enough")
}

// FuzzSafeType holds that every type is a harmless one, whatever a file begins with, and that no text
// is markup in any of the ways in which a browser may read it.
func FuzzSafeType(f *testing.F) {
	for _, seed := range []string{
		"plain", "<svg", "\xff\xfeU\x00", "\xfe\xff\x00<", "\x00\x00\x00\x14ftypqt  ", "\x00\x00\x00\x08wide\x00\x12\x34\x56mdat",
		"\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x12\x34\x56", "\x00\x00\x10\x00moov\x00\x00\x00\x6cmvhd", "\xff\xfb\x90\x64", "7z\xbc\xaf\x27\x1c",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, first []byte) {
		detected := SafeType(first)
		mime, charset, _ := strings.Cut(detected, "; charset=")
		if mime == core.OtherType {
			return
		}
		assert.Equal(t, mime, core.HarmlessType(detected))
		text := first
		switch charset {
		case "utf-8":
			whole := len(text)
			for !utf8.Valid(text) && len(text) > whole-utf8.UTFMax { // the last character may be cut
				text = text[:len(text)-1]
			}
			assert.True(t, utf8.Valid(text))
		case "utf-16le", "utf-16be":
			var units []uint16
			for i := 2; i+1 < len(first); i += 2 {
				a, b := uint16(first[i]), uint16(first[i+1])
				if charset == "utf-16le" {
					a, b = b, a
				}
				units = append(units, a<<8|b)
			}
			text = []byte(string(utf16.Decode(units)))
		default:
			assert.NotEqual(t, "text/plain", mime)
			return
		}
		assert.False(t, strings.HasPrefix(strings.TrimLeft(string(text), "\ufeff \t\r\n\f"), "<"))
	})
}
