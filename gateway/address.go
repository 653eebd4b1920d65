package gateway

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress is whom a request comes from: its sender, or whom that one speaks for if
// it is a trusted proxy. The zero Addr means that it can't be told.
func ClientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	sender, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := sender.Addr().Unmap()
	// Each proxy adds the address of its sender behind those it was told, which may be
	// invented; so the list is read from its end, as far as proxies are trusted.
	said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, text := range slices.Backward(said) {
		if !isIn(trusted, address) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			break
		}
		address = next.Unmap()
	}
	return address
}

func isIn(networks []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(address) })
}

// warnOfProxy warns once of what looks like a proxy that is not trusted: as its address is
// a private one, the limits for each address count nobody.
func (s *Server) warnOfProxy(r *http.Request, address netip.Addr) {
	if len(s.config.Limits.TrustedProxies) > 0 || r.Header.Get("X-Forwarded-For") == "" || Public(address) || !address.IsValid() {
		return
	}
	s.proxyWarned.Do(func() {
		s.log.Warn("a proxy seems to be in front that is not trusted: the limits for each address have no effect; name it in --trusted-proxies (Limits.TrustedProxies)", "address", address)
	})
}

// Public reports whether connections from an address are counted: loopback and private ones
// are a proxy's, or the operator's own.
func Public(address netip.Addr) bool {
	return address.IsValid() && !address.IsLoopback() && !address.IsPrivate()
}

// Network is what is counted as one address: in IPv6 a customer has 64 bits at least.
func Network(address netip.Addr) netip.Addr {
	if address.Is6() {
		p, _ := address.Prefix(64) // fails for more bits than there are only
		return p.Addr()
	}
	return address
}
