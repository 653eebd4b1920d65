//go:build js && wasm

package jsbridge

import (
	"strings"
	"time"

	"rtmwasm/core"
)

var _ core.Prober = (*host)(nil)

// violationDelay is how long after a failed request the browser may report that the
// Content-Security-Policy forbids it.
const violationDelay = 100 * time.Millisecond

// violation is the event by which the browser reports that the Content-Security-Policy of the
// page forbids something.
const violation = "securitypolicyviolation"

// probe is one search for the reason why no WebSocket opens.
type probe struct {
	callbacks
	host  *host
	url   string
	found core.Probe
	done  func()
}

// Probe implements core.Prober with fetch.
func (h *host) Probe(url string, done func(core.Probe)) (able bool) {
	p := &probe{host: h, url: url}
	violated := p.add(p.violated)
	if _, err := callGlobal("addEventListener", violation, violated); err != nil {
		p.release()
		return false
	}
	p.done = func() {
		_, err := callGlobal("removeEventListener", violation, violated)
		report(err)
		p.release()
		done(p.found)
	}
	// This WebSocket is made only for the event of a policy that forbids it. Its own error
	// tells nothing new.
	if ws, err := construct("WebSocket", socketURL(url)); err == nil {
		_, err = call(ws, "close")
		report(err)
	}
	p.fetch("cors", p.answered)
	return true
}

func socketURL(url string) string { return "ws" + strings.TrimPrefix(url, "http") }

// violated handles the event violation.
func (p *probe) violated(event value) {
	uri := getString(event, "blockedURI")
	switch {
	case uri == "" || getString(event, "disposition") == "report": // reported, but not blocked
	case strings.HasPrefix(p.url, uri):
		p.found.Blocked = true
	case strings.HasPrefix(socketURL(p.url), uri):
		p.found.SocketBlocked = true
	}
}

func (p *probe) fetch(mode string, then func(value, error)) {
	response, err := callGlobal("fetch", p.url, map[string]any{"mode": mode, "cache": "no-store"})
	await(response, err, then)
}

// answered handles the outcome of the first request. If the page may not read the answer, a
// request with mode no-cors tells whether a server answers at all.
func (p *probe) answered(response value, err error) {
	if err != nil {
		p.fetch("no-cors", func(_ value, err error) {
			p.found.Answered = err == nil
			p.end()
		})
		return
	}
	p.found.Answered = true
	p.found.Status = int(getNumber(response, "status"))
	if p.found.Gateway = header(get(response, "headers"), "get", core.GatewayHeader) != ""; !p.found.Gateway {
		p.end()
		return
	}
	text, err := call(response, "text")
	await(text, err, func(text value, _ error) { // if there is no text, the status is enough
		p.found.Text = strings.TrimSuffix(toString(text), "\n")
		p.end()
	})
}

func (p *probe) end() { p.host.AfterFunc(violationDelay, p.done) }
