package rest

import (
	"net/http"
	"net/url"
	"strings"
)

// The prefixes of paths: of the vendor's API, and of our own.
const (
	Prefix        = "/dev/v2/"
	ControlPrefix = "/v1/apps/"
)

// IsPath reports whether a path belongs to the interface.
func IsPath(path string) bool {
	return strings.HasPrefix(path, Prefix) || strings.HasPrefix(path, ControlPrefix)
}

// Names of endpoints in the log and for Meter. EndpointOther is any other path.
const (
	PeerMessages    = "peer_messages"
	ChannelMessages = "channel_messages"
	UserEvents      = "user_events"
	ChannelEvents   = "channel_events"
	CreateQuery     = "create_query"
	ReadQuery       = "read_query"
	CountMessages   = "count_messages"
	ControlCalls    = "control" // all operations of the control API; the log has the name of the operation
	EndpointOther   = "other"
)

// Endpoints are all endpoints that Meter.RESTCall may get.
var Endpoints = []string{PeerMessages, ChannelMessages, UserEvents, ChannelEvents, CreateQuery, ReadQuery, CountMessages, ControlCalls, EndpointOther}

// Statuses are all statuses that answers may have.
var Statuses = []int{
	http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed,
	http.StatusRequestTimeout, http.StatusGone, http.StatusLengthRequired, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity,
	http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// target is a parsed path.
type target struct {
	app      string
	endpoint string
	method   string // that the endpoint accepts
	uid      string // may be an invalid id
	handle   string // of a query
	channel  string // only in the control API
	media    string // media id, only in the control API
}

// parsePath reads an escaped path. It splits the path and then unescapes each segment once. A plus
// sign stays a plus sign. Spaces at the end of the path are ignored, because a sample of the vendor
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
			PeerMessages: PeerMessages, "peer_message": PeerMessages, // so in one place of an older document of the vendor
			ChannelMessages: ChannelMessages,
		}[s[3]]
	case len(s) == 3 && s[0] == "rtm":
		t.method = http.MethodGet
		t.endpoint = map[string]string{
			"vendor/user_events": UserEvents, "vendor/channel_events": ChannelEvents,
			"hook/channel_events": ChannelEvents, // so in an older document of the vendor
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
