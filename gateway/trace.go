package gateway

import (
	"net/http"
	"strings"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/rest"
)

// TraceRoute returns the name of a request for traces, one of only a few: a URL may have ids of
// users and files, and secrets. Requests for the gateway's health have no name.
func TraceRoute(r *http.Request) string {
	path := r.URL.Path
	switch {
	case path == "/healthz", path == "/readyz":
		return ""
	case rest.IsPath(path):
		return "REST" // its handler sets the name
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
