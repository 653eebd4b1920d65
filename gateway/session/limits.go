package session

import (
	"cmp"
	"time"

	"rtmwasm/core"
)

// Times of sockets and sessions. A zero field means the value of package core, unless noted.
type Times struct {
	Hello          time.Duration // how long the Hello of a new socket may take; 0 means 10 s
	PingInterval   time.Duration
	SilenceLimit   time.Duration
	SessionTimeout time.Duration
	Unreachable    time.Duration // silence after which others see the user as unreachable
	PeerAck        time.Duration // how long Send waits for the peer's client; 0 means 8 s
	Write          time.Duration // how long writing one frame may take; 0 means 5 s
	TokenWarning   time.Duration // how long before a token expires its client is told; 0 means 30 s
}

// WithDefaults replaces zero fields by their defaults.
func (t Times) WithDefaults() Times {
	return Times{
		Hello:          cmp.Or(t.Hello, 10*time.Second),
		PingInterval:   cmp.Or(t.PingInterval, core.PingInterval),
		SilenceLimit:   cmp.Or(t.SilenceLimit, core.GatewaySilenceLimit),
		SessionTimeout: cmp.Or(t.SessionTimeout, core.SessionTimeout),
		Unreachable:    cmp.Or(t.Unreachable, core.UnreachableAfter),
		PeerAck:        cmp.Or(t.PeerAck, 8*time.Second), // less than core.RequestTimeout
		Write:          cmp.Or(t.Write, 5*time.Second),
		TokenWarning:   cmp.Or(t.TokenWarning, 30*time.Second), // API 8.6
	}
}

// MaxFrames is how many frames a client may send in core.SendRateWindow. Acknowledgements of new
// pushes do not count. A client that comes back sends at once what was not answered for
// core.RequestTimeout, and more.
const MaxFrames = 10 * core.SendRate

// Limits of what a gateway stores for one client. Package core has the limits of the API.
const (
	// maxQueueBytes is how much may wait for a link's socket. A client that exceeds it is too slow.
	maxQueueBytes = 1 << 20

	// maxOutboxBytes is how much a session keeps unacknowledged. A session that exceeds it ends.
	maxOutboxBytes = 4 << 20

	// maxTasks is how many requests of a session may wait. The link is not read until there is
	// space.
	maxTasks = 32

	// maxAnswers and maxAnswerBytes limit the answers that are stored for repeated requests. A
	// client repeats a request within core.RequestTimeout, in which it sends at most 600 messages.
	maxAnswers     = 1024
	maxAnswerBytes = 256 << 10
)
