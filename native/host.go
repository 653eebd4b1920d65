package native

import (
	"net/http"

	"rtmwasm/core"
	"rtmwasm/core/serial"
)

// Host implements core.Host. One may serve any number of clients.
type Host struct {
	serial.Loop // held during every call into a client

	http *http.Client
}

var _ core.Host = (*Host)(nil)

// NewHost makes a Host with connections of its own.
func NewHost() *Host {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = core.MaxMediaTasks
	return &Host{http: &http.Client{Transport: transport}}
}

// CloseIdle drops connections that are kept for later requests.
func (h *Host) CloseIdle() { h.http.CloseIdleConnections() }
