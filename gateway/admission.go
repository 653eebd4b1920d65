package gateway

import (
	"net/netip"
	"sync"
	"time"
)

// maxVisitors is how many addresses are kept before those with nothing to count are
// dropped.
const maxVisitors = 1 << 16

// admission counts what each address holds without a session.
type admission struct {
	limits Limits

	mu       sync.Mutex
	visitors map[netip.Addr]*visitor
}

type visitor struct {
	open, requests  int
	opened, refused counter
}

// turnedAway says why a connection is refused.
type turnedAway struct {
	reason string
	first  bool // from this address for a while: worth a line in the log
}

func newAdmission(limits Limits) *admission {
	return &admission{limits: limits, visitors: map[netip.Addr]*visitor{}}
}

// enter lets a WebSocket in, and the caller calls leave once; or says why it is refused.
func (a *admission) enter(address netip.Addr, now time.Time) (leave func(), no *turnedAway) {
	return a.let(address, now, func(v *visitor) (held *int, reason string) {
		switch {
		case v.open >= a.limits.AddressConnections:
			return nil, "too many connections from this address"
		case v.opened.add(now, addressWindow) > a.limits.AddressRate:
			return nil, "too many new connections from this address"
		}
		return &v.open, ""
	})
}

// request lets a request in that needs no session, as enter does a WebSocket.
func (a *admission) request(address netip.Addr, now time.Time) (leave func(), no *turnedAway) {
	return a.let(address, now, func(v *visitor) (held *int, reason string) {
		if v.requests >= a.limits.AddressConnections {
			return nil, "too many requests at a time from this address"
		}
		return &v.requests, ""
	})
}

// let asks which counter of its visitor an address takes a place of.
func (a *admission) let(address netip.Addr, now time.Time, place func(*visitor) (held *int, reason string)) (leave func(), no *turnedAway) {
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
		return nil, &turnedAway{reason, v.refused.add(now, addressWindow) == 1}
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
		if v.open == 0 && v.requests == 0 && now.Sub(v.opened.began) >= addressWindow {
			delete(a.visitors, key)
		}
	}
}
