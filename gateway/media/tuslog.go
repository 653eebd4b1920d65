package media

import (
	"context"
	"log/slog"

	tuslog "golang.org/x/exp/slog"
)

// tusLog passes tusd's log to log/slog, all at debug level. What tusd calls an error may be harmless, for
// example a body that breaks off because a phone lost its network. This package logs failures of the store
// itself.
type tusLog struct{ to *slog.Logger }

func (l tusLog) Enabled(ctx context.Context, _ tuslog.Level) bool {
	return l.to.Enabled(ctx, slog.LevelDebug)
}

func (l tusLog) Handle(ctx context.Context, r tuslog.Record) error {
	attrs := make([]slog.Attr, 0, r.NumAttrs())
	r.Attrs(func(a tuslog.Attr) bool {
		attrs = append(attrs, slog.Any(a.Key, a.Value.Any()))
		return true
	})
	l.to.LogAttrs(ctx, slog.LevelDebug, "tus: "+r.Message, attrs...)
	return nil
}

// WithAttrs does nothing if nothing would be logged, because tusd calls it for each request.
func (l tusLog) WithAttrs(attrs []tuslog.Attr) tuslog.Handler {
	if !l.Enabled(context.Background(), tuslog.LevelInfo) {
		return l
	}
	to := l.to
	for _, a := range attrs {
		to = to.With(a.Key, a.Value.Any())
	}
	return tusLog{to}
}

func (l tusLog) WithGroup(name string) tuslog.Handler { return tusLog{l.to.WithGroup(name)} }
