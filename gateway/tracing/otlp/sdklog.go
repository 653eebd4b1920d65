package otlp

import (
	"fmt"
	"log/slog"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
)

// logSDK makes the SDK report errors to the gateway's log. By default it prints them to stderr together
// with settings, which may be credentials.
func logSDK(log *slog.Logger) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	otel.SetLogger(logr.New(sdkLog{log}))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { sdkLog{log}.Error(err, "an error") }))
}

// sdkLog implements logr.LogSink. It drops all values, and the texts of errors, which may contain values.
type sdkLog struct{ log *slog.Logger }

// Error implements logr.LogSink.
func (s sdkLog) Error(err error, message string, _ ...any) {
	s.log.Warn("the OpenTelemetry SDK reports an error", "about", message, "type", fmt.Sprintf("%T", err))
}

// Enabled implements logr.LogSink: only errors are logged.
func (sdkLog) Enabled(int) bool { return false }

// Info implements logr.LogSink.
func (sdkLog) Info(int, string, ...any) {}

// Init implements logr.LogSink.
func (sdkLog) Init(logr.RuntimeInfo) {}

// WithName implements logr.LogSink.
func (s sdkLog) WithName(string) logr.LogSink { return s }

// WithValues implements logr.LogSink.
func (s sdkLog) WithValues(...any) logr.LogSink { return s }
