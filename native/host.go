package native

import (
	"net/http"
	"sync"
	"time"

	"rtmwasm/core"
)

// Host implements core.Host. One may serve any number of clients.
type Host struct {
	mu   sync.Mutex // held during every call into a client
	http *http.Client
}

var _ core.Host = (*Host)(nil)

// NewHost makes a Host with connections of its own.
func NewHost() *Host {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = core.MaxMediaTasks
	return &Host{http: &http.Client{Transport: transport}}
}

// Do runs f while nothing else happens to the clients of this host.
func (h *Host) Do(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

// AfterFunc implements core.Host.
func (h *Host) AfterFunc(d time.Duration, f func()) (stop func()) {
	stopped := false // guarded by mu
	t := time.AfterFunc(d, func() {
		h.Do(func() {
			if !stopped {
				f()
			}
		})
	})
	return func() {
		stopped = true
		t.Stop()
	}
}

// CloseIdle drops connections that are kept for later requests.
func (h *Host) CloseIdle() { h.http.CloseIdleConnections() }
