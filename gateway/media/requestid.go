package media

import (
	"context"
	"crypto/rand"
	"log/slog"
	"regexp"
)

// requestIDHeader is the header with the id of a request in logs. The id comes from the client or a proxy;
// otherwise it is random. Each response has it.
const requestIDHeader = "X-Request-Id"

type requestIDKey struct{}

var usableRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// withRequestID returns a context with the given id, or with a random one if the given id is not safe for logs.
func withRequestID(ctx context.Context, given string) context.Context {
	if !usableRequestID.MatchString(given) {
		given = rand.Text()[:12]
	}
	return context.WithValue(ctx, requestIDKey{}, given)
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// requestLog adds the request's id to what is logged about it.
type requestLog struct{ slog.Handler }

func (l requestLog) Handle(ctx context.Context, r slog.Record) error {
	if id := requestID(ctx); id != "" {
		r.AddAttrs(slog.String("request", id))
	}
	return l.Handler.Handle(ctx, r)
}

func (l requestLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestLog{l.Handler.WithAttrs(attrs)}
}

func (l requestLog) WithGroup(name string) slog.Handler {
	return requestLog{l.Handler.WithGroup(name)}
}
