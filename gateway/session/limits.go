package session

import (
	"cmp"
	"time"

	"rtmwasm/core"
)

// Times of sockets and sessions. A zero field means the value of package core, or as noted.
type Times struct {
	Hello          time.Duration // how long the Hello of a new socket may take; 0 means 10 s
	PingInterval   time.Duration
	SilenceLimit   time.Duration
	SessionTimeout time.Duration
	Unreachable    time.Duration // silence after which others take the user for unreachable
	PeerAck        time.Duration // how long Send waits for the peer's client; 0 means 8 s
	Write          time.Duration // how long writing one frame may take; 0 means 5 s
	TokenWarning   time.Duration // how long before a token expires its client is told; 0 means 30 s
}

// WithDefaults returns the times with what zero fields mean.
func (t Times) WithDefaults() Times {
	return Times{
		Hello:          cmp.Or(t.Hello, 10*time.Second),
		PingInterval:   cmp.Or(t.PingInterval, core.PingInterval),
		SilenceLimit:   cmp.Or(t.SilenceLimit, core.GatewaySilenceLimit),
		SessionTimeout: cmp.Or(t.SessionTimeout, core.SessionTimeout),
		Unreachable:    cmp.Or(t.Unreachable, core.UnreachableAfter),
		PeerAck:        cmp.Or(t.PeerAck, 8*time.Second), // below core.RequestTimeout
		Write:          cmp.Or(t.Write, 5*time.Second),
		TokenWarning:   cmp.Or(t.TokenWarning, 30*time.Second), // API 8.6
	}
}

// MaxFrames is how many frames a socket may bring in core.SendRateWindow, not
// counting acknowledgements of something new: a client that comes back sends what
// was left unanswered for core.RequestTimeout at once, and more besides.
const MaxFrames = 10 * core.SendRate

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
)
