package gateway

import (
	"net/http"
	"strings"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/rest"
)

// TraceRoute names a request for traces, by one of few names: an address may have ids of users and files, and
// secrets. What only asks whether the gateway is well has none.
func TraceRoute(r *http.Request) string {
	path := r.URL.Path
	switch {
	case path == "/healthz", path == "/readyz":
		return ""
	case rest.IsPath(path):
		return "REST" // its handler knows more
	case path == media.BasePath:
		return media.BasePath
	case strings.HasPrefix(path, media.ScanPath):
		return media.ScanPath + "{token}"
	case strings.HasPrefix(path, media.BasePath):
		return media.BasePath + "{id}"
	case path == "/rtm":
		return path
	}
	for _, folder := range []string{"/sdk/", "/docs/"} {
		if strings.HasPrefix(path, folder) {
			return folder
		}
	}
	return "/"
}
