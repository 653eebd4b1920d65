package core

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// of is a string of n bytes.
func of(n int) string { return strings.Repeat("x", n) }

func message(typ wire.Message_Type, m Message) *Outgoing {
	m.Type = typ
	return &Outgoing{Message: &m}
}

func defective(d MessageFault) *Outgoing {
	return &Outgoing{Message: &Message{}, Fault: d, FaultText: "what is wrong"}
}

// The table of API 6.3.
func TestMessageCheck(t *testing.T) {
	const (
		text  = wire.Message_TEXT
		raw   = wire.Message_RAW
		image = wire.Message_IMAGE
		file  = wire.Message_FILE
	)
	for _, c := range []struct {
		name          string
		o             *Outgoing
		peer, channel string
	}{
		{"text, empty", message(text, Message{}), "ok", "ok"},
		{"text, full", message(text, Message{Text: of(32768)}), "ok", "ok"},
		{"text, full of two-byte letters", message(text, Message{Text: strings.Repeat("é", 16384)}), "ok", "ok"},
		{"text, over", message(text, Message{Text: of(32769)}), "RtmLimitExceededError 7", "RtmLimitExceededError 4"},
		{"text, over by its bytes", message(text, Message{Text: strings.Repeat("é", 16385)}), "RtmLimitExceededError 7", "RtmLimitExceededError 4"},

		{"raw, empty", message(raw, Message{}), "ok", "ok"},
		{"raw, full", message(raw, Message{Raw: make([]byte, 32768)}), "ok", "ok"},
		{"raw, full with description", message(raw, Message{Raw: make([]byte, 32000), Description: of(768)}), "ok", "ok"},
		{"raw, over", message(raw, Message{Raw: make([]byte, 32769)}), "RtmLimitExceededError 7", "RtmLimitExceededError 4"},
		{"raw, over by its description", message(raw, Message{Raw: make([]byte, 32000), Description: of(769)}), "RtmLimitExceededError 7", "RtmLimitExceededError 4"},

		{"image, full", message(image, Message{FileName: of(1000), Description: of(768), Thumbnail: make([]byte, 31000)}), "ok", "ok"},
		{"image, ids and numbers weigh nothing", message(image, Message{Thumbnail: make([]byte, 32768), MediaId: of(90), Size: 1 << 40, Width: 1 << 31, Height: 1 << 31}), "ok", "ok"},
		{"image, over", message(image, Message{FileName: of(1000), Description: of(769), Thumbnail: make([]byte, 31000)}), "RtmInvalidArgumentError 7", "RtmInvalidArgumentError 4"},
		{"image, thumbnail left out", &Outgoing{Message: &Message{Type: image}, ThumbnailBytes: 32769}, "RtmInvalidArgumentError 7", "RtmInvalidArgumentError 4"},
		{"image, an id that would burst the frame", message(image, Message{MediaId: of(257)}), "RtmInvalidArgumentError 7", "RtmInvalidArgumentError 4"},
		{"file, full", message(file, Message{FileName: of(32768)}), "ok", "ok"},
		{"file, over", message(file, Message{FileName: of(32768), Description: "x"}), "RtmInvalidArgumentError 7", "RtmInvalidArgumentError 4"},

		{"unknown type", defective(UnknownType), "RtmInvalidArgumentError 7", "RtmInvalidArgumentError 4"},
		{"bad raw", defective(BadRaw), "RtmInvalidArgumentError 6", "RtmInvalidArgumentError 1"},
		{"malformed", defective(Malformed), "RtmUnavailableError 1", "RtmUnknownError 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.peer, outcome(c.o.check(&peerCodes)))
			assert.Equal(t, c.channel, outcome(c.o.check(&channelCodes)))
		})
	}
}

func TestMalformedMessageHasACause(t *testing.T) {
	err := defective(Malformed).check(&peerCodes)
	require.Error(t, err.Cause)
	assert.Equal(t, "what is wrong", err.Cause.Error())
	assert.Equal(t, " Error Code 1 - what is wrong.", err.Error())
}

func TestValidEndCall(t *testing.T) {
	const p = EndCallPrefix
	for text, want := range map[string]bool{
		"":                  true,
		"hello":             true,
		"see " + p:          true,
		p + "_room_1":       true,
		p + "_room_":        true,
		p + "_room_1_2":     true,
		p:                   false,
		p + "_":             false,
		p + "_room":         false,
		p + "__1":           false,
		p + "room_1":        false,
		p + " _room_1":      false,
		strings.ToLower(p):  true,
		p[:len(p)-1] + "_a": true,
	} {
		assert.Equal(t, want, validEndCall(text), "%q", text)
	}
}
