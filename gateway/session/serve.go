package session

import (
	"context"
	"errors"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/rate"
)

// protocolVersion is the version of core/wire/rtm.proto.
const protocolVersion = 1

// Serve serves one client until its socket is closed. The session goes on if the client may come
// back. When ctx ends, the socket is closed. from is the client's network, for the log of refused
// logins; "" if unknown.
func (s *Sessions) Serve(ctx context.Context, conn Conn, from string) {
	if !s.admit() {
		_ = conn.Close(wire.CloseRestart, goingDown.Text)
		return
	}
	defer s.conns.Done()
	hello, reason := s.readHello(ctx, conn)
	if hello == nil {
		s.config.Meter.SocketClosed(reason.code)
		_ = conn.Close(reason.code, reason.text) // nobody is left to tell
		return
	}
	l := newLink(ctx, conn, s.config.Times, s.config.Meter)
	loginCtx, ended := s.startLogin(ctx)
	session, refusal := s.login(loginCtx, hello.Hello, hello.Id, l)
	ended(session, refusal)
	if refusal != nil {
		s.loginRefused(hello.Hello, from, refusal)
		s.refuseHello(ctx, conn, hello, refusal)
		return
	}
	l.watch(func(code int, reason string) { session.detach(l, code, reason) })
	session.read(ctx, l)
	<-l.ended
}

func (s *Sessions) readHello(ctx context.Context, conn Conn) (*wire.ClientFrame, closeReason) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Times.Hello)
	defer cancel()
	defer context.AfterFunc(s.logins, cancel)()
	b, err := conn.Read(ctx)
	if reason, wrong := violation(err); wrong {
		return nil, reason
	}
	var f wire.ClientFrame
	switch {
	case err != nil:
		return nil, closeReason{wire.CloseSilent, "no Hello came in time"}
	case f.UnmarshalVT(b) != nil || f.Hello == nil:
		return nil, closeReason{wire.CloseProtocol, "the first frame must be Hello, in binary"}
	}
	return &f, closeReason{}
}

// refuseHello tells the client the reason. A client that reconnects on its own would try again
// after a refusal, so it gets a ban as a close code.
func (s *Sessions) refuseHello(ctx context.Context, conn Conn, hello *wire.ClientFrame, refusal *wire.Refusal) {
	if refusal.Reason == wire.Refusal_BANNED && hello.Hello.Reconnect {
		_ = conn.Close(wire.CloseBanned, refusal.Text)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Times.Write)
	defer cancel()
	_ = conn.Write(ctx, wire.Marshal(&wire.ServerFrame{ReplyTo: hello.Id, Refusal: refusal}))
	_ = conn.Close(wire.CloseRefused, "refused")
}

// read reads frames from the link until it is closed.
func (s *session) read(ctx context.Context, l *link) {
	var frames rate.Counter
	for {
		b, err := l.conn.Read(ctx)
		if reason, wrong := violation(err); wrong {
			s.expel(l, reason)
			return
		}
		if err != nil {
			s.detach(l, wire.CloseRestart, "the socket failed")
			return
		}
		select {
		case <-l.closed:
			// The client repeats on its new socket what it still sends on a replaced one. Frames of
			// the old socket would come out of order.
			return
		default:
		}
		s.sessions.config.Meter.FrameIn(len(b))
		l.touch()
		s.activity.Touch()
		var f wire.ClientFrame
		if f.UnmarshalVT(b) != nil || f.Hello != nil {
			s.expel(l, closeReason{wire.CloseProtocol, "a frame that cannot be decoded, or a second Hello"})
			return
		}
		if !s.take(&f, l) && frames.Add(time.Now(), core.SendRateWindow) > MaxFrames {
			s.expel(l, closeReason{ErrFlood.Code, ErrFlood.Text})
			return
		}
	}
}

// take handles one frame. It returns true if the frame does not count for MaxFrames.
func (s *session) take(f *wire.ClientFrame, l *link) (free bool) {
	switch {
	case f.Ack != nil:
		return s.ack(f.Ack.Seq)
	case f.Send != nil, f.Join != nil, f.Leave != nil, f.Members != nil, f.Renew != nil, f.Write != nil, f.Read != nil, f.Bye != nil, f.Invitation != nil,
		f.Presence != nil, f.Counts != nil, f.MediaUrl != nil:
		s.submit(f, l)
		l.touch() // waiting for space was not the client's silence
	case f.Pong == nil:
		s.refuse(f.Id, unknownRequest)
	}
	return false
}

var unknownRequest = newRefusal(wire.Refusal_BAD_REQUEST, "this gateway does not know the request: it is older than the client")

// expel ends the session of a client that breaks the protocol. If the link was replaced, only the
// link ends.
func (s *session) expel(l *link, reason closeReason) {
	s.mu.Lock()
	if s.link == l {
		s.endLocked(reason)
	}
	s.mu.Unlock()
	l.close(reason.code, reason.text)
}

// Conn carries frames to and from a client. One goroutine reads and one writes at a time. Close may
// be called more than once, at any time after the last Write has returned.
type Conn interface {
	// Read returns the next frame, or a Violation or another error.
	Read(ctx context.Context) ([]byte, error)

	// Write sends frames, in one piece if they are short. It does not keep them. After an error the
	// Conn cannot be used any more.
	Write(ctx context.Context, frames ...[]byte) error

	// Close sends code and reason to the client, if possible, and ends a Read. It may take seconds,
	// except for the code of a violation: then nothing more is read.
	Close(code int, reason string) error
}

// instantWriter is an optional interface of a Conn: a frame that the network takes at once needs no
// goroutine.
type instantWriter interface {
	// TryWrite sends a frame if that needs no waiting. Otherwise it does nothing and returns false.
	// It must not be called during a Write.
	TryWrite(frame []byte) bool
}

// Violation is an error of Conn.Read: the client broke the protocol.
type Violation struct {
	Code int    // the close code for the client
	Text string // the close reason
}

// Error implements error.
func (v *Violation) Error() string { return "session: " + v.Text }

// The violations.
var (
	ErrNotBinary = &Violation{wire.CloseProtocol, "frames are binary messages"}
	ErrTooLarge  = &Violation{wire.CloseTooLarge, "a frame may have at most 36864 bytes"}
	ErrFlood     = &Violation{wire.CloseFlood, "far too many frames"}
	ErrProtocol  = &Violation{wire.CloseProtocol, "a WebSocket frame that RFC 6455 does not allow"}
)

// violation returns the close code and reason for an error of Conn.Read; false if the client did
// nothing wrong.
func violation(err error) (closeReason, bool) {
	if v, wrong := errors.AsType[*Violation](err); wrong {
		return closeReason{v.Code, v.Text}, true
	}
	return closeReason{}, false
}

// IsViolation reports whether a close code means that the client broke the protocol.
func IsViolation(code int) bool {
	return code == wire.CloseProtocol || code == wire.CloseTooLarge || code == wire.CloseFlood
}
