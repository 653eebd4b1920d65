package core

import (
	"strings"

	"rtmwasm/core/wire"
)

// EndCallPrefix begins the legacy texts that cancel a call (API 6.6).
const EndCallPrefix = "AgoraRTMLegacyEndcallCompatibleMessagePrefix"

// MessageFault is a fault of a message that the types of this package can't express, so that only
// the code that made the message can find it. It is reported at its place in the order
// of checks (API 6.2, 6.3).
type MessageFault int

// The faults. The numbers are shared with web/src/bridge.ts.
const (
	NoFault     MessageFault = iota
	NotAMessage              // not a plain object, or its fields fit none of the four types
	UnknownType              // it has a type that is none of the four
	BadRaw                   // RAW whose body is not bytes or whose description is not text
	Malformed                // TEXT without text, IMAGE or FILE without media id, thumbnail not a Blob
)

// Outgoing is a message to be sent.
type Outgoing struct {
	Message *Message

	// ThumbnailBytes is the thumbnail's size if Message does not contain it because the
	// message is too large anyway.
	ThumbnailBytes int

	Fault     MessageFault
	FaultText string

	// Number and Origin name the message in place of the client's own numbers, if Number is not 0: it is
	// sent once, also over several logins (wire.Send).
	Number, Origin uint64

	// History has the gateway keep the message for the app's backend to read.
	History bool
}

// weight is what counts against MaxMessageBytes (API 6.3).
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

// validEndCall reports whether text is no end-call text or a well-formed one (API 6.6).
func validEndCall(text string) bool {
	rest, legacy := strings.CutPrefix(text, EndCallPrefix)
	if !legacy {
		return true
	}
	rest, ok := strings.CutPrefix(rest, "_")
	if !ok {
		return false
	}
	return strings.IndexByte(rest, '_') > 0 // what is before it names a channel
}
