package gateway

import (
	"context"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// protocolVersion is the one of core/wire/rtm.proto.
const protocolVersion = 1

// ServeConn serves one client until its socket is closed. The session goes on if the
// client may come back. When ctx ends the socket is dropped.
func (s *Server) ServeConn(ctx context.Context, conn Conn) {
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
		s.loginRefused(ctx, hello.Hello, refusal)
		s.refuseHello(ctx, conn, hello, refusal)
		return
	}
	l.watch(func(code int, reason string) { session.detach(l, code, reason) })
	session.read(ctx, l)
	<-l.ended
}

func (s *Server) readHello(ctx context.Context, conn Conn) (*wire.ClientFrame, closeReason) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Times.Hello)
	defer cancel()
	defer context.AfterFunc(s.newcomers, cancel)()
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

// refuseHello tells the client why. One that came back by itself would try again after a refusal:
// a ban reaches it as a close code.
func (s *Server) refuseHello(ctx context.Context, conn Conn, hello *wire.ClientFrame, refusal *wire.Refusal) {
	if refusal.Reason == wire.Refusal_BANNED && hello.Hello.Reconnect {
		_ = conn.Close(wire.CloseBanned, refusal.Text)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Times.Write)
	defer cancel()
	_ = conn.Write(ctx, wire.Marshal(&wire.ServerFrame{ReplyTo: hello.Id, Refusal: refusal}))
	_ = conn.Close(wire.CloseRefused, "refused")
}

// read takes frames from the link until it is closed.
func (s *session) read(ctx context.Context, l *link) {
	var frames counter
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
			// What a replaced socket still says comes again over the new one, and would
			// be taken out of order.
			return
		default:
		}
		s.server.config.Meter.FrameIn(len(b))
		l.hear()
		s.activity.Touch()
		var f wire.ClientFrame
		if f.UnmarshalVT(b) != nil || f.Hello != nil {
			s.expel(l, closeReason{wire.CloseProtocol, "a frame that can't be read, or a second Hello"})
			return
		}
		if !s.take(&f, l) && frames.add(time.Now(), core.SendRateWindow) > maxFrames {
			s.expel(l, flood)
			return
		}
	}
}

// take handles one frame. It reports true for one that does not count as flood.
func (s *session) take(f *wire.ClientFrame, l *link) (free bool) {
	switch {
	case f.Ack != nil:
		return s.ack(f.Ack.Seq)
	case f.Send != nil, f.Join != nil, f.Leave != nil, f.Members != nil, f.Renew != nil, f.Write != nil, f.Read != nil, f.Bye != nil, f.Invitation != nil,
		f.Presence != nil, f.Counts != nil, f.MediaUrl != nil:
		s.submit(f, l)
		l.hear() // waiting for room was not the client's silence
	case f.Pong == nil:
		s.refuse(f.Id, unknownRequest)
	}
	return false
}

var unknownRequest = newRefusal(wire.Refusal_BAD_REQUEST, "this gateway does not know the request: it is older than the client")

// expel ends the session of a client that breaks the protocol. A link that was
// replaced takes only itself down.
func (s *session) expel(l *link, reason closeReason) {
	s.mu.Lock()
	if s.link == l {
		s.endLocked(reason)
	}
	s.mu.Unlock()
	l.close(reason.code, reason.text)
}
