package core

import (
	"strconv"
	"strings"
	"time"
)

// probeTimeout is how long the client looks for the reason why a WebSocket did not open.
const probeTimeout = 3 * time.Second

// unreachable ends a login whose WebSocket did not open. Browsers do not tell pages why a
// WebSocket fails, so the host checks the address by HTTP if it can.
func (c *Client) unreachable(code int, why string) {
	attempt := c.login
	var here, other Probe
	var stop func()
	end := func(text string) {
		stop()
		if c.login != attempt {
			return // it has ended
		}
		cause := "the WebSocket was closed with code " + strconv.Itoa(code)
		if why != "" {
			cause += ": " + why
		}
		c.loginFailed(&Error{Class: Unavailable, Code: LoginErrUnknown, Text: text, Cause: textError(cause)}, ReasonLoginFailure)
	}
	found := func() { end(unreachableText(c.gateway, here, other)) }
	stop = c.host.AfterFunc(probeTimeout, found)
	askOther := func(p Probe) {
		other = p
		found()
	}
	ask := func(p Probe) {
		here = p
		if p.Gateway || p.SocketBlocked || !c.probe(otherScheme(c.gateway), askOther) {
			found()
		}
	}
	if !c.probe(c.gateway, ask) {
		end("no gateway answers at " + c.gateway + ": check the address, and that the gateway runs")
	}
}

// probe checks a gateway's address. It returns false if the host cannot.
func (c *Client) probe(gateway string, done func(Probe)) (able bool) {
	p, able := c.host.(Prober)
	return able && p.Probe(gateway+"/rtm", done)
}

// unreachableText says the most probable reason why WebSockets do not open at a gateway's
// address, and what to do. here is what the host found at the address. other is what it found
// with https instead of http, or the other way round.
func unreachableText(gateway string, here, other Probe) string {
	const set = "; set the gateway's address with createInstance(appId, { gateway: url }) or setParameter('GATEWAY', url)"
	scheme, rest, _ := strings.Cut(gateway, "://")
	host, path, _ := strings.Cut(rest, "/")
	origin := scheme + "://" + host
	status := " (status " + strconv.Itoa(here.Status) + ")"
	switch {
	case here.SocketBlocked:
		missing := "ws" + strings.TrimPrefix(origin, "http")
		if here.Blocked {
			missing = origin + " " + missing
		}
		return "the page's Content-Security-Policy blocks the gateway: add " + missing + " to its connect-src"
	case here.Gateway && here.Status == 404:
		return "the gateway at " + origin + " serves nothing below /" + path + ": leave the path out, or let the proxy remove it" + set
	case here.Gateway && here.Status == 426:
		return "the gateway at " + gateway + " answers over HTTP, but no WebSocket opens: let the proxies on the way pass the upgrade of " + gateway + "/rtm"
	case here.Gateway:
		return "the gateway at " + gateway + " refuses the connection" + status + ": " + here.Text
	case other.Gateway:
		to := otherScheme(gateway)
		return "the gateway speaks " + to[:strings.Index(to, ":")] + ", not " + scheme + ": its address is " + to + set
	case here.Status != 0:
		return "what answers at " + gateway + " is not a gateway" + status + set
	case here.Answered:
		return "what answers at " + gateway + " is not a gateway, or CORS withholds its answer from the page" + set
	case here.Blocked:
		return "no gateway answers at " + gateway + ", and the page's Content-Security-Policy hides why: add " + origin + " to its connect-src" + set
	}
	return "no gateway answers at " + gateway + ": check the address, and that the gateway runs" + set
}

// otherScheme returns an address with https instead of http, or the other way round.
func otherScheme(url string) string {
	if rest, ok := strings.CutPrefix(url, "https:"); ok {
		return "http:" + rest
	}
	return "https:" + strings.TrimPrefix(url, "http:")
}
