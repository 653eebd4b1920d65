package gateway

import (
	"net/netip"
	"sync"
	"time"
)

// maxVisitors is how many addresses are kept before those with nothing to count are
// dropped.
const maxVisitors = 1 << 16

// admission counts the connections of each address.
type admission struct {
	limits Limits

	mu       sync.Mutex
	visitors map[netip.Addr]*visitor
}

type visitor struct {
	open            int
	opened, refused counter
}

// turnedAway says why a connection is refused.
type turnedAway struct {
	why   string
	first bool // from this address for a while: worth a line in the log
}

func newAdmission(limits Limits) *admission {
	return &admission{limits: limits, visitors: map[netip.Addr]*visitor{}}
}

// enter lets a connection in, and the caller calls leave once; or says why not.
func (a *admission) enter(address netip.Addr, now time.Time) (leave func(), no *turnedAway) {
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
	why := ""
	switch {
	case v.open >= a.limits.AddressConnections:
		why = "too many connections from this address"
	case v.opened.add(now, addressWindow) > a.limits.AddressRate:
		why = "too many new connections from this address"
	default:
		v.open++
		return func() { a.leave(key) }, nil
	}
	return nil, &turnedAway{why, v.refused.add(now, addressWindow) == 1}
}

func (a *admission) leave(key netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.visitors[key].open--
}

func (a *admission) drop(now time.Time) {
	for key, v := range a.visitors {
		if v.open == 0 && now.Sub(v.opened.began) >= addressWindow {
			delete(a.visitors, key)
		}
	}
}
