package gateway

import (
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"rtmwasm/gateway/rate"
	"rtmwasm/gateway/socket"
	"rtmwasm/gateway/tracing"
)

// maxVisitors is how many addresses are stored before idle ones are dropped.
const maxVisitors = 1 << 16

// addressWindow is the window of Limits.AddressRate.
const addressWindow = 10 * time.Second

// admission counts, for each address, connections and requests that have no session.
type admission struct {
	limits Limits

	mu       sync.Mutex
	visitors map[netip.Addr]*visitor
}

type visitor struct {
	open, requests  int
	opened, refused rate.Counter
}

// rejection is why a connection is refused.
type rejection struct {
	reason string
	first  bool // first one of this address for a while: it is logged
}

func newAdmission(limits Limits) *admission {
	return &admission{limits: limits, visitors: map[netip.Addr]*visitor{}}
}

// enter counts a WebSocket, and the caller must call leave once. Otherwise it returns why the
// WebSocket is refused.
func (a *admission) enter(address netip.Addr, now time.Time) (leave func(), no *rejection) {
	return a.acquire(address, now, func(v *visitor) (held *int, reason string) {
		switch {
		case v.open >= a.limits.AddressConnections:
			return nil, "too many connections from this address"
		case v.opened.Add(now, addressWindow) > a.limits.AddressRate:
			return nil, "too many new connections from this address"
		}
		return &v.open, ""
	})
}

// request does the same for a request that needs no session.
func (a *admission) request(address netip.Addr, now time.Time) (leave func(), no *rejection) {
	return a.acquire(address, now, func(v *visitor) (held *int, reason string) {
		if v.requests >= a.limits.AddressConnections {
			return nil, "too many requests at a time from this address"
		}
		return &v.requests, ""
	})
}

// acquire counts something of an address. place returns the counter to increase, or why there is no
// place.
func (a *admission) acquire(address netip.Addr, now time.Time, place func(*visitor) (held *int, reason string)) (leave func(), no *rejection) {
	if !Public(address) {
		return func() {}, nil
	}
	key := Network(address)
	a.mu.Lock()
	defer a.mu.Unlock()
	v := a.visitors[key]
	if v == nil {
		if len(a.visitors) >= maxVisitors {
			a.drop(now)
		}
		v = &visitor{}
		a.visitors[key] = v
	}
	held, reason := place(v)
	if reason != "" {
		return nil, &rejection{reason, v.refused.Add(now, addressWindow) == 1}
	}
	*held++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		*held--
	}, nil
}

func (a *admission) drop(now time.Time) {
	for key, v := range a.visitors {
		if v.open == 0 && v.requests == 0 && v.opened.IsOver(now, addressWindow) {
			delete(a.visitors, key)
		}
	}
}

// ClientAddress returns the address that a request comes from: its sender or, if that is a trusted
// proxy, the sender's client. The zero Addr means that it is unknown.
func ClientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	sender, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := sender.Addr().Unmap()
	// Each proxy appends the address of its sender to those it received, which may be invented. So
	// the list is read from its end, as far as proxies are trusted.
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

// warnOfProxy warns once about an apparent proxy that is not trusted. Its address is private, so
// the limits for each address have no effect.
func (s *Server) warnOfProxy(r *http.Request, address netip.Addr) {
	if len(s.config.Limits.TrustedProxies) > 0 || r.Header.Get("X-Forwarded-For") == "" || Public(address) || !address.IsValid() {
		return
	}
	s.proxyWarned.Do(func() {
		s.log.Warn("requests seem to come through a proxy that is not trusted, so limits for each address have no effect: name the proxy in --trusted-proxies (Limits.TrustedProxies)", "address", address)
	})
}

// Public reports whether connections from an address are counted. Loopback and private addresses
// are those of a proxy or of the operator.
func Public(address netip.Addr) bool {
	return address.IsValid() && !address.IsLoopback() && !address.IsPrivate()
}

// Network returns what counts as one address: in IPv6 a customer has at least 64 bits.
func Network(address netip.Addr) netip.Addr {
	if address.Is6() {
		p, _ := address.Prefix(64) // fails only for too many bits
		return p.Addr()
	}
	return address
}

// acceptSocket upgrades a request if its address allows it.
func (s *Server) acceptSocket(w http.ResponseWriter, r *http.Request) {
	address := ClientAddress(r, s.config.Limits.TrustedProxies)
	s.warnOfProxy(r, address)
	leave, no := s.admission.enter(address, time.Now())
	if no != nil {
		s.refuseAddress(w, address, no)
		return
	}
	leavePlace(r.Context())
	conn, err := socket.Upgrade(w, r)
	if err != nil {
		leave()
		return // Upgrade has answered the request
	}
	from := ""
	if address.IsValid() {
		from = Network(address).String()
	}
	// Serve runs in a new goroutine, so that memory of net/http for the request is free. Its
	// context cannot end: one that can would be watched for each frame.
	go func() {
		defer leave()
		defer s.recoverPanic(conn)
		s.sessions.Serve(tracing.Detach(r.Context()), conn, from)
	}()
}

// recoverPanic closes the socket of a client whose frames caused a panic. Other clients go on, as
// with net/http.
func (s *Server) recoverPanic(conn *socket.Socket) {
	if p := recover(); p != nil {
		s.log.Error("the gateway panicked, which is a bug: please report it", "panic", p, "stack", string(debug.Stack()))
		conn.Abort()
	}
}
