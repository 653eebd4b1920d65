package scan

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"rtmwasm/gateway/media"
)

func TestParseReply(t *testing.T) {
	for _, c := range []struct {
		reply  string
		reason string // "": not rejected
		err    string
	}{
		{"stream: OK", "", ""},
		{"stream: Eicar-Test-Signature FOUND", "found Eicar-Test-Signature", ""},
		{"stream: OK FOUND", "found OK", ""},
		{"INSTREAM size limit exceeded. ERROR", "", errTooLarge.Error()},
		{"stream: Can't allocate memory ERROR", "", `clamd answered "stream: Can't allocate memory ERROR"`},
		{"OK", "", `clamd answered "OK"`},
		{"stream: ok", "", "clamd answered"},
		{"stream:  FOUND", "", "clamd answered"},
		{"stream: FOUND", "", "clamd answered"},
		{"UNKNOWN COMMAND", "", "clamd answered"},
		{"COMMAND READ TIMED OUT", "", "clamd answered"},
		{"", "", "clamd answered"},
	} {
		err := parseReply(c.reply)
		var rejected *media.Rejected
		switch {
		case c.reason != "":
			if assert.ErrorAs(t, err, &rejected, c.reply) {
				assert.Equal(t, c.reason, rejected.Reason)
			}
		case c.err != "":
			assert.ErrorContains(t, err, c.err, c.reply)
			assert.NotErrorAs(t, err, &rejected, c.reply)
		default:
			assert.NoError(t, err, c.reply)
		}
	}
}

// Only one text lets a file pass, in whatever pieces and with whatever around it.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{"stream: OK\x00", "stream: A FOUND\x00", "INSTREAM size limit exceeded. ERROR\x00", "stream: OK", strings.Repeat("x", maxReply+1), "stream: OK\x00 FOUND\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		text, err := readReply(iotest.OneByteReader(strings.NewReader(string(reply))))
		if err == nil {
			err = parseReply(text)
		}
		if passes := strings.HasPrefix(string(reply), "stream: OK\x00"); passes != (err == nil) {
			t.Fatalf("%q: %v", reply, err)
		}
	})
}

func FuzzVerdict(f *testing.F) {
	for _, seed := range []string{`{"allow":true}`, `{"allow":false,"reason":"x"}`, `{"allow":1}`, `[]`, `{"allow":null}`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		err := parseVerdict(answer)
		var rejected *media.Rejected
		if err == nil && !strings.Contains(strings.ToLower(string(answer)), "true") {
			t.Fatalf("%q was allowed", answer)
		}
		if errors.As(err, &rejected) {
			checkPlain(t, plainText(rejected.Reason))
		}
	})
}

func FuzzPlainText(f *testing.F) {
	for _, seed := range []string{"", "a", " a  b ", "\x00\u202e", strings.Repeat("字", 300), "\xff\xfe", strings.Repeat("a ", 150)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) { checkPlain(t, plainText(s)) })
}

func checkPlain(t *testing.T, s string) {
	if n := utf8.RuneCountInString(s); n == 0 || n > maxReason || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		t.Fatalf("%d characters: %q", n, s)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			t.Fatalf("%q has %q", s, r)
		}
	}
}
