package gateway

import (
	"net/netip"
	"time"

	"rtmwasm/core"
)

// Limits are what a gateway lets others make it hold, beside what the API limits for each
// user. A zero field means the value noted; what is refused says so and may try again.
type Limits struct {
	// Sessions is how many sessions live here at a time, those that wait for their
	// client to come back included; 0 means 50 000.
	Sessions int

	// AppSessions is how many of them may be of one app; 0 means as many as Sessions.
	AppSessions int

	// AddressConnections is how many WebSockets one address may have open, and how many
	// requests without a session it may have under way; 0 means 1 000.
	// An address is an IPv4 address or an IPv6 network of 64 bits. Loopback and private
	// addresses are not counted: they are a proxy's, or the operator's own.
	AddressConnections int

	// AddressRate is how many WebSockets one address may open in 10 s; 0 means 200.
	AddressRate int

	// Transfers is how many uploads and downloads are under way here at a time; 0 means
	// 2 000. AppTransfers is how many of them may be of one app; 0 means as many.
	Transfers, AppTransfers int

	// Memory is how many bytes may live in this process, about: with three fifths of them
	// in use newcomers are refused, with three quarters the sessions that hold the most end,
	// see memory.go. 0 means no bound. Give the Go runtime the same limit.
	Memory int64

	// UserBytes and AppBytes are how much the files of one user and of one app may take
	// together, on all gateways, in bytes; 0 means no bound.
	UserBytes, AppBytes int64

	// TrustedProxies are the networks whose word is taken, in X-Forwarded-For, for whom
	// they speak for, and in X-Forwarded-Proto, for whether that one came by TLS. nil means
	// nobody's.
	TrustedProxies []netip.Prefix
}

// addressWindow is the window of Limits.AddressRate.
const addressWindow = 10 * time.Second

// DefaultLimits are what the zero Limits mean.
func DefaultLimits() Limits { return Limits{}.withDefaults() }

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		n     *int
		value int
	}{{&l.Sessions, 50_000}, {&l.AddressConnections, 1000}, {&l.AddressRate, 200}, {&l.Transfers, 2000}} {
		if *d.n == 0 {
			*d.n = d.value
		}
	}
	if l.AppSessions == 0 {
		l.AppSessions = l.Sessions
	}
	return l
}

// Bounds of what one client may make a gateway hold. The limits of the API are in
// package core.
const (
	// maxQueueBytes is what may wait for a link's socket; over it the client is slow.
	maxQueueBytes = 1 << 20

	// maxOutboxBytes is what a session keeps unacknowledged; over it the session ends.
	maxOutboxBytes = 4 << 20

	// maxTasks is how many requests of a session may wait; a link is read no further
	// until there is room.
	maxTasks = 32

	// maxAnswers and maxAnswerBytes bound the answers kept for repeated requests. A
	// client asks again within core.RequestTimeout, in which it sends 600 messages.
	maxAnswers     = 1024
	maxAnswerBytes = 256 << 10

	// maxFrames is how many frames a link may bring in core.SendRateWindow, not
	// counting acknowledgements of something new: a client that comes back sends what
	// was left unanswered for core.RequestTimeout at once, and more besides.
	maxFrames = 10 * core.SendRate

	// graceEvery is how often a client that comes back is given grace, see rate.go.
	graceEvery = core.RequestTimeout

	// maxRates is how many counters of rates a session holds before those that count
	// nothing any more are dropped.
	maxRates = 64
)
