package gateway

import (
	"time"
	"unicode/utf8"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// checkWrite holds a write by itself against the rules; what it leads to is held against
// the limits by changeAttributes.
func checkWrite(w *wire.AttributeWrite) *wire.Refusal {
	switch {
	case w.Channel != "" && !core.ValidID(w.Channel):
		return newRefusal(wire.Refusal_INVALID_ID, "channel: "+idRule)
	case w.Op < wire.AttributeWrite_SET || w.Op > wire.AttributeWrite_CLEAR:
		return newRefusal(wire.Refusal_BAD_REQUEST, "op must be SET, UPDATE, DELETE or CLEAR")
	case w.Op == wire.AttributeWrite_CLEAR:
		return nil
	case len(w.Attribute) == 0:
		return newRefusal(wire.Refusal_BAD_REQUEST, "at least one attribute must be given")
	}
	for _, a := range w.Attribute {
		if refusal := checkAttribute(a, w.Op == wire.AttributeWrite_DELETE); refusal != nil {
			return refusal
		}
	}
	return nil
}

func checkAttribute(a *wire.Attribute, keyOnly bool) *wire.Refusal {
	switch {
	case a.Key == "" || !utf8.ValidString(a.Key):
		return badKey
	case keyOnly: // one that is too long names nothing
		return nil
	case len(a.Key) > core.MaxAttributeKeyBytes:
		return badKey
	case len(a.Value) > core.MaxAttributeValueBytes:
		return newRefusal(wire.Refusal_TOO_LARGE, "the value of an attribute may have 8192 bytes")
	case a.Value == "" || !utf8.ValidString(a.Value):
		return newRefusal(wire.Refusal_BAD_REQUEST, "the value of an attribute must be text, and not empty")
	}
	return nil
}

var badKey = newRefusal(wire.Refusal_BAD_REQUEST, "the key of an attribute has 1 to 32 bytes of text")

// stamp is who writes and when, as channel attributes show it; of a user's own it is zero.
type stamp struct {
	writer string
	at     time.Time
}

// changeAttributes is what attributes become by a write that checkWrite let pass. They
// keep their order, new ones come last; of a key that is given twice the later value
// stands.
func changeAttributes(former []*wire.Attribute, w *wire.AttributeWrite, by stamp) []*wire.Attribute {
	given := make(map[string]*wire.Attribute, len(w.Attribute))
	for _, a := range w.Attribute {
		set := &wire.Attribute{Key: a.Key, Value: a.Value, Writer: by.writer}
		if !by.at.IsZero() {
			set.WrittenMs = by.at.UnixMilli()
		}
		given[a.Key] = set
	}
	var out []*wire.Attribute
	for _, a := range former {
		set := given[a.Key]
		switch {
		case w.Op == wire.AttributeWrite_UPDATE && set != nil:
			out = append(out, set)
			delete(given, a.Key)
		case w.Op == wire.AttributeWrite_UPDATE, w.Op == wire.AttributeWrite_DELETE && set == nil:
			out = append(out, a)
		}
	}
	if w.Op == wire.AttributeWrite_SET || w.Op == wire.AttributeWrite_UPDATE {
		for _, a := range w.Attribute {
			if set := given[a.Key]; set != nil {
				out = append(out, set)
				delete(given, a.Key)
			}
		}
	}
	return out
}

// checkAttributes holds all attributes of a user or channel against its limits.
func checkAttributes(list []*wire.Attribute, maxBytes int) *wire.Refusal {
	total := 0
	for _, a := range list {
		total += len(a.Key) + len(a.Value)
	}
	switch {
	case len(list) > core.MaxAttributes:
		return newRefusal(wire.Refusal_LIMIT, "a user or channel may have 32 attributes")
	case total > maxBytes:
		return newRefusal(wire.Refusal_TOO_LARGE, "attributes may have 16384 bytes in total of a user, 32768 of a channel")
	}
	return nil
}

// chosen are the attributes of these keys, all for no keys.
func chosen(list []*wire.Attribute, keys []string) []*wire.Attribute {
	if len(keys) == 0 {
		return list
	}
	wanted := make(map[string]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	var out []*wire.Attribute
	for _, a := range list {
		if wanted[a.Key] {
			out = append(out, a)
		}
	}
	return out
}
