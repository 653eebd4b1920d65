package webhook

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/event"
)

// encoded is the JSON of an event, without empty fields.
type encoded struct {
	ID      string   `json:"id"`
	Type    string   `json:"type"`
	App     string   `json:"app"`
	UID     string   `json:"uid"` // who did it
	Ms      int64    `json:"ms"`  // Unix time
	Channel string   `json:"channel,omitempty"`
	Peer    string   `json:"peer,omitempty"` // the receiver; for an invitation, the caller
	Message *message `json:"message,omitempty"`
	File    *file    `json:"file,omitempty"`

	// Only for an invitation:
	CallID   string `json:"call_id,omitempty"`
	Answer   string `json:"answer,omitempty"` // accepted or refused
	Response string `json:"response,omitempty"`
}

// message is a message that a user sent. Sizes are in bytes.
type message struct {
	Type string `json:"type"` // text, raw, image or file
	File *file  `json:"file,omitempty"`

	Text        string `json:"text,omitempty"`
	Raw         []byte `json:"raw,omitempty"` // in Base64, as the thumbnail
	Description string `json:"description,omitempty"`
	Thumbnail   []byte `json:"thumbnail,omitempty"`
}

// file is an uploaded file.
type file struct {
	MediaID string `json:"media_id"`
	Size    int64  `json:"size"`
	Width   uint32 `json:"width,omitempty"`
	Height  uint32 `json:"height,omitempty"`
	Type    string `json:"type,omitempty"` // content type, if the gateway knows it
	SHA256  string `json:"sha256,omitempty"`
	Name    string `json:"name,omitempty"`
}

// Identify returns the id of an event. It is the same for an event that is reported again, for
// example for a message that a client sends again.
func Identify(e event.Event) string {
	switch {
	case e.ID != "":
		return e.ID
	case e.Send != nil && e.Send.Origin != 0 && e.Send.Number != 0:
		if content, err := e.Send.Message.MarshalVT(); err == nil { // the client chooses the numbers, so the id also depends on the content
			return Digest(e.Kind, e.User, e.Send.Peer, e.Send.Channel, e.Send.Origin, e.Send.Number, content)
		}
	case e.Answer != nil:
		return Digest(e.Kind, e.User, e.Caller, e.Answer.CallId, e.Answer.Kind, e.Answer.Text)
	case e.File != nil:
		return Digest(e.Kind, e.User, e.File.Key)
	}
	return newID()
}

func newID() string { return strings.ToLower(rand.Text()) }

// Digest returns an id for the values that identify an event: strings, numbers and bytes, no pointers.
func Digest(name ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v", name)) // %q would make all large numbers the same
	return hex.EncodeToString(sum[:16])
}

// Encode makes the JSON of an event whose ID is set. Only with content it has what users wrote.
func Encode(e event.Event, content bool) ([]byte, error) {
	out := encoded{ID: e.ID, Type: nameOf(e.Kind), App: e.User.App, UID: e.User.ID, Ms: e.At.UnixMilli(), Channel: e.Channel}
	switch {
	case e.Send != nil:
		out.Channel, out.Peer = e.Send.Channel, e.Send.Peer
		out.Message = newMessage(e.Send.Message, content)
	case e.Answer != nil:
		out.Peer, out.CallID, out.Answer = e.Caller, e.Answer.CallId, "accepted"
		if e.Answer.Kind == wire.Invitation_REFUSE {
			out.Answer = "refused"
		}
		if content {
			out.Response = e.Answer.Text
		}
	case e.File != nil:
		out.File = &file{MediaID: e.File.MediaID(), Size: e.File.Size, Type: e.File.Type}
		if e.File.Digested() {
			out.File.SHA256 = hex.EncodeToString(e.File.Digest[:])
		}
		if content {
			out.File.Name = e.File.Metadata["filename"]
		}
	}
	return json.Marshal(out)
}

func newMessage(m *wire.Message, content bool) *message {
	out := &message{Type: strings.ToLower(m.Type.String())}
	if m.MediaId != "" {
		out.File = &file{MediaID: m.MediaId, Size: int64(m.Size), Width: m.Width, Height: m.Height}
	}
	if content {
		out.Text, out.Raw, out.Description, out.Thumbnail = m.Text, m.Raw, m.Description, m.Thumbnail
		if out.File != nil {
			out.File.Name = m.FileName
		}
	}
	return out
}
