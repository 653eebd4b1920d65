package session

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/tracing"
)

// requestTraces has the spans of a session's requests that are not answered yet. A session lasts
// for hours, so each request is a trace with a link to the login. It is nil if nothing is recorded;
// then its methods do nothing.
type requestTraces struct {
	tracer     trace.Tracer
	attributes trace.SpanStartEventOption // of all its spans

	mu    sync.Mutex                 // guards the rest
	login trace.Link                 // of the last Hello
	open  map[uint32]context.Context // by request
}

// newRequestTraces is called for each session. Spans have the app's id and the beginning of the
// session's id, as logs have, and nothing else about the user.
func newRequestTraces(tracer trace.Tracer, s *session) *requestTraces {
	if tracer == nil {
		return nil
	}
	return &requestTraces{
		tracer:     tracer,
		attributes: trace.WithAttributes(attribute.String("rtm.app", s.user.App), attribute.String("rtm.session", s.short())),
		open:       map[uint32]context.Context{},
	}
}

// startLogin begins the span of a Hello, in the trace of the request that became the socket.
func (s *Sessions) startLogin(ctx context.Context) (context.Context, func(*session, *wire.Refusal)) {
	if s.config.Tracer == nil {
		return ctx, func(*session, *wire.Refusal) {}
	}
	ctx, span := s.config.Tracer.Start(ctx, "rtm login", trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(session *session, refusal *wire.Refusal) {
		if session != nil {
			session.traces.follow(span.SpanContext())
			span.SetAttributes(attribute.String("rtm.app", session.user.App), attribute.String("rtm.session", session.short()))
		}
		endRequest(span, refusal)
	}
}

// follow links new spans to a login.
func (t *requestTraces) follow(login trace.SpanContext) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.login = trace.Link{SpanContext: login}
}

// begin begins the span of a request. A repeated request keeps its first span.
func (t *requestTraces) begin(f *wire.ClientFrame) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[f.Id] != nil || len(t.open) >= maxAnswers {
		return
	}
	t.open[f.Id], _ = t.tracer.Start(context.Background(), "rtm "+requestName(f), t.attributes, trace.WithLinks(t.login), trace.WithSpanKind(trace.SpanKindServer))
}

// dispatched ends the span of a request that has no answer.
func (t *requestTraces) dispatched(f *wire.ClientFrame) {
	if t != nil && (f.Id == 0 || f.Leave != nil || f.Bye != nil) {
		t.end(f.Id, nil)
	}
}

// end ends the span of a request with its answer.
func (t *requestTraces) end(id uint32, answer *wire.ServerFrame) {
	if t == nil {
		return
	}
	t.mu.Lock()
	ctx := t.open[id]
	delete(t.open, id)
	t.mu.Unlock()
	if ctx == nil {
		return
	}
	span := trace.SpanFromContext(ctx)
	if answer != nil && answer.Sent != nil {
		span.SetAttributes(attribute.Bool("rtm.received", answer.Sent.Received))
	}
	endRequest(span, answer.GetRefusal())
}

// endRequest sets the result and ends the span. It is an error only if the gateway could not do the
// request, not if the user may not do it.
func endRequest(span trace.Span, refusal *wire.Refusal) {
	result := "OK"
	if refusal != nil {
		result = refusal.Reason.String()
		if refusal.Reason == wire.Refusal_UNAVAILABLE {
			span.SetStatus(codes.Error, "")
		}
	}
	span.SetAttributes(attribute.String("rtm.result", result))
	span.End()
}

// close ends the remaining spans when the session ends.
func (t *requestTraces) close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, ctx := range t.open {
		delete(t.open, id)
		span := trace.SpanFromContext(ctx)
		span.SetAttributes(attribute.String("rtm.result", "session ended"))
		span.End()
	}
}

// withSpan returns ctx with the span of a request, for calls made for that request.
func (t *requestTraces) withSpan(ctx context.Context, id uint32) context.Context {
	if t == nil {
		return ctx
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if request := t.open[id]; request != nil {
		ctx = trace.ContextWithSpan(ctx, trace.SpanFromContext(request))
	}
	return ctx
}

// context is the context of calls made for a request.
func (s *session) context(id uint32) context.Context {
	return s.traces.withSpan(context.Background(), id)
}

// waiting adds a span to done, for a call that reports its outcome later. name is what the request
// waits for. If the call fails at once and done is not called, the caller must end the span.
func waiting[T any](t *requestTraces, id uint32, name string, done func(T)) (func(T), tracing.Span) {
	if t == nil {
		return done, tracing.Span{}
	}
	_, span := tracing.Start(t.withSpan(context.Background(), id), name)
	return func(outcome T) {
		err, _ := any(outcome).(error)
		if isRefusal(err) {
			err = nil
		}
		span.End(err)
		done(outcome)
	}, span
}

// isRefusal reports whether an error only means that a user may not do something.
func isRefusal(err error) bool {
	refusal := mailbox.Refusal(err)
	return refusal != nil && refusal.Reason != wire.Refusal_UNAVAILABLE
}

func requestName(f *wire.ClientFrame) string {
	switch {
	case f.Send != nil && f.Send.Channel != "":
		return "channel_message"
	case f.Send != nil:
		return "peer_message"
	case f.Join != nil:
		return "join"
	case f.Leave != nil:
		return "leave"
	case f.Members != nil:
		return "members"
	case f.Invitation != nil:
		return "invitation"
	case f.Write != nil:
		return "write_attributes"
	case f.Read != nil:
		return "read_attributes"
	case f.Renew != nil:
		return "renew_token"
	case f.Presence != nil:
		return "presence"
	case f.Counts != nil:
		return "count_members"
	case f.MediaUrl != nil:
		return "media_url"
	case f.Bye != nil:
		return "logout"
	}
	return "unknown"
}
