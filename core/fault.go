package core

import "strconv"

// fault says why an attempt of a media task failed. If the task fails, its error has the last fault.
type fault struct {
	status int   // HTTP status, or 0 without an answer
	cause  error // nil: no attempt has failed yet
	text   string
}

// fromGateway reports whether a gateway gave this answer. Proxies, captive portals and login
// pages do not send these headers. A proxy may remove the first one. Then the others show it,
// except for refused downloads.
func fromGateway(r *HTTPResponse) bool {
	return r.Header(GatewayHeader) != "" || r.Header("Tus-Resumable") != "" || r.Header("Content-Range") != ""
}

// ReasonHeader has the reason for a refusal, if the status does not show it: text for
// people, in UTF-8 and percent-encoded.
const ReasonHeader = "Rtm-Reason"

// statusFault describes an answer with an unexpected status. own says whether it is from the gateway.
func statusFault(r *HTTPResponse, own bool) fault {
	status := r.Status
	code := strconv.Itoa(status)
	text := "something before the gateway, such as a proxy or a captive portal, answered with status " + code
	switch {
	case own:
		text = "the gateway answered with status " + code
		if reason := r.Header(ReasonHeader); reason != "" {
			text += ": " + unescape(reason)
		}
	case status == 401 || status == 407 || status == 511:
		text += ": it asks for its own login"
	case status == 413:
		text += ": it refuses bodies of this size; raise its limit (nginx: client_max_body_size)"
	case status == 405 || status == 501:
		text += ": it does not pass the HTTP method"
	case status == 429:
		text += ": it limits the rate of requests"
	case status >= 500:
		text += ": it does not reach the gateway"
	}
	return fault{status, textError(text), text}
}

// errorFault describes a request without an answer. Browsers do not say why there is none.
func (c *Client) errorFault(err error) fault {
	text := "the connection broke during the request"
	if !c.mediaAnswered {
		text = "the WebSocket works and HTTP requests to " + c.gateway + "/media/ do not: does a proxy, a Content-Security-Policy, CORS (is this page's origin allowed?) or a service worker stop them?"
	}
	return fault{0, err, text + " (" + err.Error() + ")"}
}

// unescape decodes percent-encoding. It does not check that the text is encoded correctly.
func unescape(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			c = hexDigit(s[i+1])<<4 | hexDigit(s[i+2])
			i += 2
		}
		b = append(b, c)
	}
	return string(b)
}

func hexDigit(c byte) byte { return c&15 + c>>6*9 }
