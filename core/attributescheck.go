package core

import (
	"strconv"

	"rtmwasm/core/wire"
)

// maxDeletedKey is the longest key that can be deleted from a channel, in characters. A user's can have any length. (API 10.3)
const maxDeletedKey = 512

// checkWrite is the order of checks of API 10: the arguments come before the login, except where all is cleared.
func (c *Client) checkWrite(f *wire.ClientFrame) *Error {
	w := f.Write
	if w.Op == wire.AttributeWrite_CLEAR && !c.connected() {
		return errNotLoggedIn(AttributeOperationErrUserNotLoggedIn)
	}
	class := InvalidArgument
	if w.Op == wire.AttributeWrite_DELETE {
		class = InvalidStatus
	}
	if w.Channel != "" && !ValidID(w.Channel) {
		return badAttribute(class, "channelId must be "+textID)
	}
	var err *Error
	switch w.Op {
	case wire.AttributeWrite_DELETE:
		err = checkDeleted(w)
	case wire.AttributeWrite_SET, wire.AttributeWrite_UPDATE:
		err = checkMap(w)
	}
	switch {
	case err != nil:
		return err
	case !c.connected():
		return errNotLoggedIn(AttributeOperationErrUserNotLoggedIn)
	case f.SizeVT() > MaxFrameBytes-16: // leaves room for the id
		return largeAttributes(MaxMessageBytes, f.SizeVT(), "bytes in all keys")
	}
	return nil
}

// checkMap is the order of checks of API 10.1.
func checkMap(w *wire.AttributeWrite) *Error {
	switch n := len(w.Attribute); {
	case n > MaxAttributes:
		return largeAttributes(MaxAttributes, n, "attributes")
	case n == 0:
		return badAttribute(InvalidArgument, "the attributes must be a plain object with at least one")
	}
	total := 0
	for _, a := range w.Attribute {
		switch k, v := len(a.Key), len(a.Value); {
		case k == 0 || k > MaxAttributeKeyBytes:
			return badAttribute(InvalidArgument, "the key of an attribute must have 1 to 32 bytes, not "+strconv.Itoa(k))
		case v > MaxAttributeValueBytes:
			return largeAttributes(MaxAttributeValueBytes, v, "bytes in the value of "+a.Key)
		case v == 0:
			return badAttribute(InvalidArgument, "the value of "+a.Key+" must be a string, and not empty")
		default:
			total += k + v
		}
	}
	most := MaxUserAttributesBytes
	if w.Channel != "" {
		most = MaxChannelAttributesBytes
	}
	if total > most {
		return largeAttributes(most, total, "bytes in all keys and values")
	}
	return nil
}

func checkDeleted(w *wire.AttributeWrite) *Error {
	good := len(w.Attribute) > 0
	for _, a := range w.Attribute {
		good = good && a.Key != "" && (w.Channel == "" || characters(a.Key) <= maxDeletedKey)
	}
	if !good {
		return badAttribute(InvalidStatus, "the keys must be an array of one or more strings that are not empty")
	}
	return nil
}

// checkRead is the order of checks of API 10: the id comes before the login, except where keys are given.
func (c *Client) checkRead(r *wire.AttributeRead) *Error {
	online := c.connected()
	if len(r.Key) > 0 && !online {
		return errNotLoggedIn(AttributeOperationErrUserNotLoggedIn)
	}
	if !ValidID(r.Uid + r.Channel) {
		return badAttribute(InvalidArgument, "the id must be "+textID)
	}
	good := len(r.Key) <= MaxAttributes
	for _, key := range r.Key {
		good = good && key != "" && characters(key) <= MaxAttributeKeyBytes
	}
	switch {
	case !good:
		return badAttribute(InvalidArgument, "the keys must be an array of 1 to 32 strings of 1 to 32 characters")
	case !online:
		return errNotLoggedIn(AttributeOperationErrUserNotLoggedIn)
	}
	return nil
}

func badAttribute(class Class, text string) *Error {
	return &Error{Class: class, Code: AttributeOperationErrInvalidArgument, Text: text}
}

func largeAttributes(most, given int, what string) *Error {
	return &Error{Class: LimitExceeded, Code: AttributeOperationErrSizeOverflow, Text: "at most " + strconv.Itoa(most) + " " + what + ", not " + strconv.Itoa(given)}
}

func characters(s string) (n int) {
	for range s {
		n++
	}
	return n
}
