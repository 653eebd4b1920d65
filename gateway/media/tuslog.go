package media

import (
	"context"
	"log/slog"

	tuslog "golang.org/x/exp/slog"
)

// tusLog hands tusd's log to log/slog. All of it is detail there: a body that
// breaks off, which tusd calls an error, is a phone in a tunnel. Failures of the
// store are logged by this package.
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

// WithAttrs does nothing where nothing would be logged: tusd calls it for every request.
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
