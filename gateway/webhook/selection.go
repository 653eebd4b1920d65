package webhook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"rtmwasm/gateway/event"
)

// kinds are the events that a hook can get, with their names in settings and JSON.
var kinds = []struct {
	name     string
	kind     event.Kind
	standard bool // in DefaultSelection
}{
	{"login", event.LoggedIn, true},
	{"logout", event.LoggedOut, true},
	{"join", event.Joined, true},
	{"leave", event.Left, true},
	{"upload", event.Uploaded, true},
	{"invitation", event.Answered, true},
	{"peer_message", event.SentToPeer, false},
	{"channel_message", event.SentToChannel, false},
}

// Selection says which events a hook gets. The zero value means that it gets no events.
type Selection struct {
	names []string

	// Content adds what users write: texts and bytes of messages, descriptions, thumbnails,
	// names of files, and the answers to invitations.
	Content bool
}

// DefaultSelection has all kinds of events except messages.
func DefaultSelection() (s Selection) {
	for _, k := range kinds {
		if k.standard {
			s.names = append(s.names, k.name)
		}
	}
	return s
}

// ParseSelection reads names of events, separated by commas.
func ParseSelection(text string) (s Selection, err error) {
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if nameOf(kindOf(name)) == "" {
			return s, fmt.Errorf("%q is not an event: it must be one of %s", name, strings.Join(allNames(), ","))
		}
		if !slices.Contains(s.names, name) {
			s.names = append(s.names, name)
		}
	}
	if len(s.names) == 0 {
		return s, errors.New("it has no event: give at least one")
	}
	return s, nil
}

// String returns the text that ParseSelection reads.
func (s Selection) String() string { return strings.Join(s.names, ",") }

// Has reports whether the hook gets events of a kind.
func (s Selection) Has(kind event.Kind) bool { return slices.Contains(s.names, nameOf(kind)) }

func allNames() (names []string) {
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// nameOf returns "" for a kind that a hook never gets.
func nameOf(kind event.Kind) string {
	for _, k := range kinds {
		if k.kind == kind {
			return k.name
		}
	}
	return ""
}

// kindOf returns 0 for an unknown name.
func kindOf(name string) event.Kind {
	for _, k := range kinds {
		if k.name == name {
			return k.kind
		}
	}
	return 0
}
