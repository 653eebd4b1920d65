package gateway

import (
	"unicode/utf8"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// newRefusal makes a Refusal without a vendor's number.
func newRefusal(reason wire.Refusal_Reason, text string) *wire.Refusal {
	return &wire.Refusal{Reason: reason, Text: text}
}

const idRule = "an id has 1 to 64 of the allowed characters and is not \"null\""

func checkHello(h *wire.Hello) *wire.Refusal {
	switch {
	case h.Version != protocolVersion:
		return newRefusal(wire.Refusal_VERSION, "this gateway speaks protocol version 1")
	case !core.ValidAppID(h.AppId):
		return newRefusal(wire.Refusal_UNKNOWN_APP, "an app id has 32 ASCII letters and digits")
	case !core.ValidID(h.Uid):
		return newRefusal(wire.Refusal_INVALID_ID, "uid: "+idRule)
	}
	return nil
}

func checkSend(send *wire.Send) *wire.Refusal {
	switch {
	case (send.Peer == "") == (send.Channel == ""):
		return newRefusal(wire.Refusal_BAD_REQUEST, "exactly one of peer and channel must be set")
	case !core.ValidID(send.Peer + send.Channel):
		return newRefusal(wire.Refusal_INVALID_ID, "peer or channel: "+idRule)
	case send.Message == nil:
		return newRefusal(wire.Refusal_BAD_REQUEST, "message is missing")
	}
	return checkMessage(send.Message)
}

// checkMessage holds all content against the budget, whichever fields the type uses.
func checkMessage(m *wire.Message) *wire.Refusal {
	if len(m.Text)+len(m.Raw)+len(m.Description)+len(m.FileName)+len(m.Thumbnail) > core.MaxMessageBytes {
		return newRefusal(wire.Refusal_TOO_LARGE, "a message may have 32768 bytes")
	}
	for _, text := range []string{m.Text, m.Description, m.FileName, m.MediaId} {
		if !utf8.ValidString(text) {
			return newRefusal(wire.Refusal_BAD_REQUEST, "message: text is not UTF-8")
		}
	}
	switch m.Type {
	case wire.Message_TEXT, wire.Message_RAW:
	case wire.Message_IMAGE, wire.Message_FILE:
		if m.MediaId == "" || len(m.MediaId) > core.MaxMediaIDBytes {
			return newRefusal(wire.Refusal_BAD_REQUEST, "message.media_id is missing or not one")
		}
	default:
		return newRefusal(wire.Refusal_BAD_REQUEST, "message.type must be TEXT, RAW, IMAGE or FILE")
	}
	return nil
}
