package core

import (
	"strings"

	"rtmwasm/core/wire"
)

// EndCallPrefix is the prefix of the legacy texts that cancel a call (API 6.6).
const EndCallPrefix = "AgoraRTMLegacyEndcallCompatibleMessagePrefix"

// MessageFault is a fault in a message that only the code that made the message can find, because
// the types of this package cannot express it. It is reported at its place in the order of checks
// (API 6.2, 6.3).
type MessageFault int

// The faults. The numbers are shared with web/src/bridge.ts.
const (
	NoFault     MessageFault = iota
	NotAMessage              // not a plain object, or its fields do not fit any of the four types
	UnknownType              // its type is not one of the four
	BadRaw                   // RAW whose body is not bytes or whose description is not text
	Malformed                // TEXT without text, IMAGE or FILE without media id, thumbnail not a Blob
)

// Outgoing is a message to be sent.
type Outgoing struct {
	Message *Message

	// ThumbnailBytes is the thumbnail's size if Message does not contain the thumbnail, because the
	// message is too large with it.
	ThumbnailBytes int

	Fault     MessageFault
	FaultText string

	// If Number is not 0, Number and Origin identify the message instead of the client's own numbers:
	// it is sent only once, also over several logins (wire.Send).
	Number, Origin uint64

	// History makes the gateway store the message for the app's backend.
	History bool
}

// weight returns the size that MaxMessageBytes limits (API 6.3).
func (o *Outgoing) weight() int {
	m := o.Message
	switch m.Type {
	case wire.Message_TEXT:
		return len(m.Text)
	case wire.Message_RAW:
		return len(m.Raw) + len(m.Description)
	}
	return len(m.FileName) + len(m.Description) + max(len(m.Thumbnail), o.ThumbnailBytes)
}

// sendCodes are the codes of one of the two ways to send.
type sendCodes struct {
	badMessage, badRaw, timeout, tooOften, notLoggedIn, failure int
	failureClass                                                Class
}

var (
	peerCodes = sendCodes{
		badMessage:   PeerMessageErrInvalidMessage,
		badRaw:       PeerMessageErrInvalidUserID,
		timeout:      PeerMessageErrTimeout,
		tooOften:     PeerMessageErrTooOften,
		notLoggedIn:  PeerMessageErrUserNotLoggedIn,
		failure:      PeerMessageErrFailure,
		failureClass: Unavailable,
	}
	channelCodes = sendCodes{
		badMessage:   ChannelMessageErrInvalidMessage,
		badRaw:       ChannelMessageErrFailure,
		timeout:      ChannelMessageErrTimeout,
		tooOften:     ChannelMessageErrTooOften,
		notLoggedIn:  ChannelMessageErrUserNotLoggedIn,
		failure:      ChannelMessageErrFailure,
		failureClass: Unknown,
	}
)

// check is the table of API 6.3.
func (o *Outgoing) check(codes *sendCodes) *Error {
	switch o.Fault {
	case UnknownType:
		return &Error{Class: InvalidArgument, Code: codes.badMessage, Text: o.FaultText}
	case BadRaw:
		return &Error{Class: InvalidArgument, Code: codes.badRaw, Text: o.FaultText}
	case Malformed:
		return &Error{Class: codes.failureClass, Code: codes.failure, Text: o.FaultText, Cause: textError(o.FaultText)}
	}
	if len(o.Message.MediaId) > MaxMediaIDBytes {
		return &Error{Class: InvalidArgument, Code: codes.badMessage, Text: "mediaId is not one that an upload gives: it has more than 256 bytes"}
	}
	if o.weight() <= MaxMessageBytes {
		return nil
	}
	class := LimitExceeded
	what := "text"
	switch o.Message.Type {
	case wire.Message_RAW:
		what = "rawMessage and description"
	case wire.Message_IMAGE, wire.Message_FILE:
		class = InvalidArgument
		what = "fileName, description and thumbnail"
	}
	return &Error{Class: class, Code: codes.badMessage, Text: "message too large: " + what + " may have 32768 bytes together"}
}

// validEndCall returns false for a malformed end-call text (API 6.6), and true for all other texts.
func validEndCall(text string) bool {
	rest, legacy := strings.CutPrefix(text, EndCallPrefix)
	if !legacy {
		return true
	}
	rest, ok := strings.CutPrefix(rest, "_")
	if !ok {
		return false
	}
	return strings.IndexByte(rest, '_') > 0 // before it is the id of a channel
}
