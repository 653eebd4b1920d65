package rest

import (
	"net/http"
	"strings"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// The field of a body with the receiver of a message.
const (
	destinationField = "destination"  // of a peer message
	channelField     = "channel_name" // of a channel message
)

// outgoing is a message that a backend sends as a user.
type outgoing struct {
	app, from, to string
	message       *wire.Message
	quotaOf       string // the user whose quota of offline messages counts; "" for a key: only the app's quota counts
	offline       bool   // keep it for a receiver who is away
	history       bool
}

// sent is the answer to a message.
type sent struct {
	result
	Code string `json:"code"`
}

// Codes in answers to sent messages.
const (
	codeSent      = "message_sent"
	codeDelivered = "message_delivered"
	codeOffline   = "message_offline"
)

func (h *Handler) sendToPeer(r *http.Request, c *call) (any, error) {
	wait, err := parseFlag("wait_for_ack", r.URL.Query().Get("wait_for_ack"))
	if err != nil {
		return nil, err
	}
	m, body, err := h.readMessage(r, c, destinationField)
	if err != nil {
		return nil, err
	}
	if m.message, err = readText(body); err != nil {
		return nil, err
	}
	if m.offline, err = body.flag("enable_offline_messaging"); err != nil {
		return nil, err
	}
	code, err := h.sender.toPeer(r.Context(), m, wait)
	if err != nil {
		return nil, err
	}
	return sent{c.succeeded(), code}, nil
}

func (h *Handler) sendToChannel(r *http.Request, c *call) (any, error) {
	m, body, err := h.readMessage(r, c, channelField)
	if err != nil {
		return nil, err
	}
	if m.message, err = readText(body); err != nil {
		return nil, err
	}
	if err := h.sender.toChannel(r.Context(), m); err != nil {
		return nil, err
	}
	return sent{c.succeeded(), codeSent}, nil
}

// readMessage reads the fields that peer and channel messages have in common. receiver is the name of
// the field with the receiver.
func (h *Handler) readMessage(r *http.Request, c *call, receiver string) (m outgoing, body fields, err error) {
	if strings.TrimSpace(c.uid) != c.uid {
		return m, nil, invalid("the user id in the path must not begin or end with white space")
	}
	if err := checkID("the user id in the path", c.uid); err != nil {
		return m, nil, err
	}
	if body, err = readBody(r); err != nil {
		return m, nil, err
	}
	if receiver == channelField && !body.has(receiver) && body.has(destinationField) {
		return m, nil, invalid("channel_name is missing: destination is for peer messages")
	}
	m, err = readEnvelope(c, body, receiver)
	return m, body, err
}

// readEnvelope reads the receiver of a message, and whether to store it in the history.
func readEnvelope(c *call, body fields, receiver string) (m outgoing, err error) {
	m = outgoing{app: c.app, from: c.uid, quotaOf: c.caller.uid}
	if m.to, err = body.identifier(receiver); err != nil {
		return m, err
	}
	c.to = m.to
	m.history, err = body.flag("enable_historical_messaging")
	return m, err
}

// readText reads the text of a message.
func readText(body fields) (*wire.Message, error) {
	text, err := body.text("payload")
	switch {
	case err != nil:
		return nil, err
	case text == "":
		return nil, invalid("payload is empty")
	case len(text) > core.MaxMessageBytes:
		return nil, invalid("payload has %d bytes of UTF-8, it may have at most %d", len(text), core.MaxMessageBytes)
	}
	return &wire.Message{Type: wire.Message_TEXT, Text: text}, nil
}
