package gateway

import (
	"time"

	"rtmwasm/core"
)

// Bounds of what one client may make a gateway hold. The limits of the API are in
// package core.
const (
	// maxQueueBytes is what may wait for a link's socket; over it the client is slow.
	maxQueueBytes = 1 << 20

	// maxOutboxBytes is what a session keeps unacknowledged; over it the session ends.
	maxOutboxBytes = 4 << 20

	// frameOverhead is counted for each frame held, besides its bytes.
	frameOverhead = 64

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

	// mailBatch is how many offline messages are on their way to a client at a time.
	mailBatch = 16

	// maxRecalledBytes is what a client that returns gets of what it missed in one
	// channel, so that all of its channels together stay below maxOutboxBytes.
	maxRecalledBytes = maxOutboxBytes / core.MaxJoinedChannels

	// graceEvery is how often a client that comes back is given grace, see rate.go.
	graceEvery = core.RequestTimeout

	// maxRates is how many counters of rates a session holds before those that count
	// nothing any more are dropped.
	maxRates = 64
)

// applyTimeout bounds the wait for a join to come round to all gateways.
const applyTimeout = 2 * time.Second
