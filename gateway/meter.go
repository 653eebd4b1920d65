package gateway

import (
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/media"
)

// Meter counts what a Server does. Its methods are called by many goroutines, and must
// not block. Package metrics has one for Prometheus.
type Meter interface {
	media.Meter

	// Sessions tells that a session began (1) or ended (-1).
	Sessions(change int)

	// Resumed tells that a client took its session up again, over a new socket.
	Resumed()

	// LoginRefused gets the name of a wire.Refusal_Reason.
	LoginRefused(reason string)

	// OriginRefused tells that a page was refused because of its origin.
	OriginRefused()

	// SocketClosed gets the code with which a client was sent away.
	SocketClosed(code int)

	FrameIn(bytes int)
	FrameOut(bytes int)

	// TooOften tells that a request was refused because of its rate.
	TooOften()

	// EngineCall tells how long a call of the engine took; err is its outcome.
	EngineCall(name string, took time.Duration, err error)
}

// CloseCodes are the codes that Meter.SocketClosed gets.
var CloseCodes = []int{
	wire.CloseRestart, wire.CloseSlow, wire.CloseSilent, wire.CloseReplaced, wire.CloseBye, wire.CloseRemoteLogin,
	wire.CloseBanned, wire.CloseProtocol, wire.CloseTooLarge, wire.CloseFlood, wire.CloseRefused,
}

type noMeter struct{}

func (noMeter) TransferBegan(media.Direction)                      {}
func (noMeter) TransferEnded(media.Direction, media.Result, int64) {}
func (noMeter) Sessions(int)                                       {}
func (noMeter) Resumed()                                           {}
func (noMeter) LoginRefused(string)                                {}
func (noMeter) OriginRefused()                                     {}
func (noMeter) SocketClosed(int)                                   {}
func (noMeter) FrameIn(int)                                        {}
func (noMeter) FrameOut(int)                                       {}
func (noMeter) TooOften()                                          {}
func (noMeter) EngineCall(string, time.Duration, error)            {}
