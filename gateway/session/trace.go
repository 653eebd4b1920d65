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

// requestTraces has the spans of a session's requests that are not answered yet. A session lives for
// hours, so each request is a trace of its own, with a link to the login. It is nil where nothing is
// recorded; its methods then do nothing.
type requestTraces struct {
	tracer     trace.Tracer
	attributes trace.SpanStartEventOption // that all its spans have

	mu    sync.Mutex                 // guards the rest
	login trace.Link                 // of the last Hello
	open  map[uint32]context.Context // by request
}

// newRequestTraces is called for each session. The app's id and the beginning of the session's, which logs have
// too, are all that spans tell of a user.
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

// startLogin begins the span of a Hello, on the trace of the request that became the socket.
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

// follow has the spans that begin from now on linked to a login.
func (t *requestTraces) follow(login trace.SpanContext) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.login = trace.Link{SpanContext: login}
}

// begin begins the span of a request. A repeated request keeps the span that it has.
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

// dispatched ends the span of a request that gets no answer.
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

// endRequest notes the outcome. It is an error only if the gateway could not do the request, not if the user
// may not have it done.
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

// close ends what is left when the session ends.
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

// withSpan returns ctx with the span of a request, for what is done for it.
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

// waiting returns done with a span around the wait for it: of a call that tells later how it ended. name is
// what is waited for. The span is for the caller whose done is not called, because the call fails at once.
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

// isRefusal reports whether an error only says what a user may not do.
func isRefusal(err error) bool {
	refusal := mailbox.Refusal(err)
	return refusal != nil && refusal.Reason != wire.Refusal_UNAVAILABLE
}

// requestName names the kind of a request.
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
