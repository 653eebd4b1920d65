package rest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"rtmwasm/core"
)

// maxBody is the largest body, in bytes. A payload of 32 KiB may be six times as long if all its
// characters are escaped.
const maxBody = 512 << 10

// fields are the fields of a JSON object. A body is read as JSON, whatever its Content-Type is.
// Unknown fields are ignored, because callers may send those of later versions of the API.
type fields map[string]json.RawMessage

// readBody reads the body of a request.
func readBody(r *http.Request) (fields, error) {
	text, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if over := (*http.MaxBytesError)(nil); errors.As(err, &over) {
		return nil, tooLarge
	}
	if err != nil {
		return nil, invalid("the body is incomplete")
	}
	return parseFields(text)
}

// parseFields reads a JSON object. It must be UTF-8: package json would replace other bytes and
// so change the message.
func parseFields(text []byte) (fields, error) {
	if !utf8.Valid(text) {
		return nil, invalid("the body is not UTF-8")
	}
	var f fields
	if err := json.Unmarshal(text, &f); err != nil || f == nil {
		return nil, invalid("the body must be a JSON object")
	}
	return f, nil
}

// has reports whether a field is present and not null.
func (f fields) has(name string) bool {
	raw, found := f[name]
	return found && string(raw) != "null"
}

// text returns a field that must be a string.
func (f fields) text(name string) (string, error) {
	if !f.has(name) {
		return "", invalid("%s is missing", name)
	}
	var text string
	raw := f[name]
	if json.Unmarshal(raw, &text) != nil || raw[0] != '"' {
		return "", invalid("%s must be a string", name)
	}
	if hasLoneSurrogate(string(raw)) {
		return "", invalid("%s has half of a surrogate pair, which is not a character", name)
	}
	return text, nil
}

// identifier returns a field that must be the id of a user or channel. An integer counts as its
// decimal text.
func (f fields) identifier(name string) (string, error) {
	if raw := string(f[name]); isInteger(raw) {
		return raw, checkID(name, raw)
	}
	text, err := f.text(name)
	if err != nil {
		return "", err
	}
	return text, checkID(name, text)
}

// checkID returns an error if an id breaks the rules. name says what the id is.
func checkID(name, id string) error {
	switch {
	case id == "":
		return invalid("%s is empty", name)
	case !validID(id):
		return invalid("%s must have 1 to %d of the characters a-z A-Z 0-9 space !#$%%&'()+-:;<=.>?@[]^_{}|~, and not be \"null\"", name, core.MaxIDLength)
	}
	return nil
}

func isInteger(raw string) bool {
	digits := strings.TrimPrefix(raw, "-")
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return digits != ""
}

// flag returns a field that must be true or false, as a JSON value, a number or text.
func (f fields) flag(name string) (bool, error) {
	if !f.has(name) {
		return false, nil
	}
	return parseFlag(name, strings.Trim(string(f[name]), `"`))
}

// parseFlag reads a flag. "" is false, because PHP writes false as "".
func parseFlag(name, text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1":
		return true, nil
	case "false", "0", "":
		return false, nil
	}
	return false, invalid("%s must be true or false", name)
}

// hasLoneSurrogate reports whether a JSON string has an escaped half of a surrogate pair without
// the other half. raw must be valid JSON.
func hasLoneSurrogate(raw string) bool {
	for i := 0; i < len(raw); {
		switch {
		case raw[i] != '\\':
			i++
		case raw[i+1] != 'u':
			i += 2
		default:
			r := escaped(raw[i:])
			i += 6
			if !utf16.IsSurrogate(r) {
				continue
			}
			if utf16.DecodeRune(r, escaped(raw[i:])) == utf8.RuneError {
				return true
			}
			i += 6
		}
	}
	return false
}

// escaped returns the value of the \u escape at the beginning of text, or 0 if there is no escape.
func escaped(text string) rune {
	if len(text) < 6 || text[:2] != `\u` {
		return 0
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}
