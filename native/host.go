package native

import (
	"errors"
	"net/http"

	"rtmwasm/core"
	"rtmwasm/core/serial"
)

// Host connects clients to the network: it implements core.Host. One Host can serve any number of clients.
type Host struct {
	serial.Loop // held during every call into a client

	http *http.Client
}

var _ core.Host = (*Host)(nil)

// NewHost makes a Host with connections of its own.
func NewHost() *Host {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = core.MaxMediaTasks
	return &Host{http: &http.Client{Transport: transport, CheckRedirect: checkRedirect}}
}

// checkRedirect lets a gateway redirect downloads to an object store. As in browsers, only the
// gateway gets the credential. net/http would also send it to another port of the same host.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > 3 {
		return errors.New("native: too many redirects")
	}
	if from := via[0].URL; from.Scheme != req.URL.Scheme || from.Host != req.URL.Host {
		req.Header.Del("Authorization")
	}
	return nil
}

// CloseIdle closes the HTTP connections that no request uses.
func (h *Host) CloseIdle() { h.http.CloseIdleConnections() }
