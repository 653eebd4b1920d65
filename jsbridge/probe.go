//go:build js && wasm

package jsbridge

import (
	"strings"
	"time"

	"rtmwasm/core"
)

var _ core.Prober = (*host)(nil)

// violationDelay is how long the event of a Content-Security-Policy may come after the
// failure that it explains.
const violationDelay = 100 * time.Millisecond

// violation is the event of a page's Content-Security-Policy.
const violation = "securitypolicyviolation"

// probe is one search for the reason why no WebSocket opens.
type probe struct {
	callbacks
	host  *host
	url   string
	found core.Probe
	done  func()
}

// Probe implements core.Prober by fetch.
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
	// A policy tells of the WebSocket that it forbids when one is made. That it can't be
	// made is known.
	if ws, err := construct("WebSocket", socketURL(url)); err == nil {
		_, err = call(ws, "close")
		report(err)
	}
	p.fetch("cors", p.answered)
	return true
}

func socketURL(url string) string { return "ws" + strings.TrimPrefix(url, "http") }

// violated hears what the page's policy forbids.
func (p *probe) violated(event value) {
	uri := getString(event, "blockedURI")
	switch {
	case uri == "" || getString(event, "disposition") == "report": // it was only reported
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

// answered reads an answer. If the page may not read it, another request tells whether
// there is one.
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
	await(text, err, func(text value, _ error) { // without a text the status tells
		p.found.Text = strings.TrimSuffix(toString(text), "\n")
		p.end()
	})
}

func (p *probe) end() { p.host.AfterFunc(violationDelay, p.done) }
