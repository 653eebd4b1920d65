package rest

import (
	"net/http"
	"net/url"
	"strings"
)

// What the paths of the interface begin with: those of the vendor's API, and our own.
const (
	Prefix        = "/dev/v2/"
	ControlPrefix = "/v1/apps/"
)

// IsPath reports whether a path is one of the interface.
func IsPath(path string) bool {
	return strings.HasPrefix(path, Prefix) || strings.HasPrefix(path, ControlPrefix)
}

// Endpoints that the interface has, as the log and Meter name them; EndpointOther is any other path.
const (
	PeerMessages    = "peer_messages"
	ChannelMessages = "channel_messages"
	UserEvents      = "user_events"
	ChannelEvents   = "channel_events"
	CreateQuery     = "create_query"
	ReadQuery       = "read_query"
	CountMessages   = "count_messages"
	ControlCalls    = "control" // all of the control API; the log names each of its operations
	EndpointOther   = "other"
)

// Endpoints are all that Meter.RESTCall gets.
var Endpoints = []string{PeerMessages, ChannelMessages, UserEvents, ChannelEvents, CreateQuery, ReadQuery, CountMessages, ControlCalls, EndpointOther}

// Statuses are those that answers have.
var Statuses = []int{
	http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed,
	http.StatusRequestTimeout, http.StatusGone, http.StatusLengthRequired, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity,
	http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// target is what a path names.
type target struct {
	app      string
	endpoint string
	method   string // the one that the endpoint takes
	uid      string // of an endpoint that has one; may be no valid id
	handle   string // of a query that is read
	channel  string // of an operation of the control API that has one
	media    string // the same
}

// parsePath reads an escaped path. Each segment is unescaped once, after the path is split, and a
// plus sign is a plus sign. Blanks at the end of the path are dropped: a sample of the vendor's
// sends one.
func parsePath(escaped string) (t target, found bool) {
	rest, found := strings.CutPrefix(escaped, Prefix+"project/")
	if !found {
		return t, false
	}
	for strings.HasSuffix(rest, "%20") || strings.HasSuffix(rest, " ") {
		rest = strings.TrimSuffix(strings.TrimSuffix(rest, "%20"), " ")
	}
	segments := strings.Split(rest, "/")
	for i, s := range segments {
		var err error
		if segments[i], err = url.PathUnescape(s); err != nil {
			return t, false
		}
	}
	t.app = segments[0]
	switch s := segments[1:]; {
	case len(s) == 4 && s[0] == "rtm" && s[1] == "users":
		t.uid, t.method = s[2], http.MethodPost
		t.endpoint = map[string]string{
			PeerMessages: PeerMessages, "peer_message": PeerMessages, // an older text has this in one place
			ChannelMessages: ChannelMessages,
		}[s[3]]
	case len(s) == 3 && s[0] == "rtm":
		t.method = http.MethodGet
		t.endpoint = map[string]string{
			"vendor/user_events": UserEvents, "vendor/channel_events": ChannelEvents,
			"hook/channel_events": ChannelEvents, // as an older text has it
		}[s[1]+"/"+s[2]]
	case len(s) >= 4 && s[0] == "rtm" && s[1] == "message" && s[2] == "history":
		switch {
		case len(s) == 4 && s[3] == "query":
			t.endpoint, t.method = CreateQuery, http.MethodPost
		case len(s) == 5 && s[3] == "query":
			t.endpoint, t.method, t.handle = ReadQuery, http.MethodGet, s[4]
		case len(s) == 4 && s[3] == "count":
			t.endpoint, t.method = CountMessages, http.MethodGet
		}
	}
	return t, t.endpoint != ""
}
