package gateway

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

const (
	corsMethods = "GET, HEAD, POST, PATCH, DELETE, OPTIONS"

	// corsExposed are the headers of answers that pages of other origins may read.
	corsExposed = "Location, Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires, " +
		"Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, " +
		"Upload-Complete, Upload-Incomplete, Upload-Limit, Upload-Draft-Interop-Version, Accept-Patch, " +
		"ETag, Repr-Digest, Part-Digest, Content-Range, Accept-Ranges, Content-Length, Content-Disposition, X-Request-Id, " +
		"Retry-After, " + core.GatewayHeader + ", " + core.ReasonHeader
)

// setCORS sets the headers that depend on the page, in addition to SetCommonHeaders. Pages that set
// withCredentials on all requests need an answer with the origin's name, because browsers do not
// accept "*" then. A page of a refused origin may read that it is refused, so that the SDK can
// tell.
func (s *Server) setCORS(h http.Header, r *http.Request) {
	if s.config.AllowOrigin == nil {
		return
	}
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" && s.originAllowed(r) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}

// crossOrigin answers preflights, and refuses logins and media to pages of origins that are not
// allowed. Any header may be sent, because tracing libraries add their own to all requests of a
// page.
func (s *Server) crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		switch {
		case r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "":
			h.Set("Access-Control-Allow-Methods", corsMethods)
			if headers := r.Header.Values("Access-Control-Request-Headers"); len(headers) > 0 {
				h.Set("Access-Control-Allow-Headers", strings.Join(headers, ", "))
			}
			h.Set("Access-Control-Max-Age", "86400")
			w.WriteHeader(http.StatusNoContent)
		case (r.URL.Path == "/rtm" || strings.HasPrefix(r.URL.Path, media.BasePath)) && !s.originAllowed(r):
			origin := r.Header.Get("Origin")
			s.originRefused(origin)
			http.Error(w, "pages of "+origin+" may not use this gateway: add the origin to --origins", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// originAllowed reports whether a request comes from a page that may use the gateway, or not from a
// page.
func (s *Server) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return s.config.AllowOrigin == nil || origin == "" || s.config.AllowOrigin(origin) || isOwnOrigin(r, s.config.Limits.TrustedProxies)
}

// isOwnOrigin reports whether a request comes from a page that this gateway itself serves, such as
// the demo. It is not enough that the Origin has the host of the request, because an attacker can
// point a name of theirs to the gateway (DNS rebinding). The attacker must not be able to have the
// host: it is a name for which the server has shown a certificate, an IP address, or localhost. If
// the gateway uses https, an http page is never its own, because anybody on the network between can
// change it.
func isOwnOrigin(r *http.Request, trusted []netip.Prefix) bool {
	scheme, host, _ := strings.Cut(r.Header.Get("Origin"), "://")
	if !strings.EqualFold(host, r.Host) {
		return false
	}
	secure := cameByTLS(r, trusted)
	return scheme == "https" && (secure || isFixedHost(host)) || scheme == "http" && !secure && isFixedHost(host)
}

// cameByTLS reports whether the client sent a request by TLS, to the gateway or to a trusted proxy
// that says so in X-Forwarded-Proto.
func cameByTLS(r *http.Request, trusted []netip.Prefix) bool {
	if r.TLS != nil {
		return true
	}
	sender, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && isIn(trusted, sender.Addr().Unmap()) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// isFixedHost reports whether nobody can point a host, with or without a port, to another machine.
func isFixedHost(host string) bool {
	name := (&url.URL{Host: host}).Hostname()
	_, err := netip.ParseAddr(name)
	return err == nil || strings.EqualFold(name, "localhost")
}

// originRefused counts and logs a request whose origin is refused.
func (s *Server) originRefused(origin string) {
	s.config.Meter.OriginRefused()
	s.refusals.Warn("pages of an origin are refused: --origins does not name it", "origin", origin, "origin", origin[:min(len(origin), 64)])
}
