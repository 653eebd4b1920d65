package rest_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"rtmwasm/gateway"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/tracing"
)

// A quota that is used up is no error of the gateway in traces, a full disk is one.
func TestTracesOfRefusals(t *testing.T) {
	for cause, want := range map[error]codes.Code{mailbox.ErrUserQuota: codes.Unset, mailbox.ErrAppQuota: codes.Unset, mailbox.ErrStorageFull: codes.Error} {
		spans := tracetest.NewSpanRecorder()
		tracer := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer(tracing.Name)
		apps := &gateway.Apps{}
		require.NoError(t, apps.Add(app, certificate))
		handler, err := rest.New(rest.Config{Apps: apps, Bus: &bus{keepError: cause}, Keys: []rest.Key{{ID: key, Secret: secret}}, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodPost, base+toPeer, strings.NewReader(`{"destination":"carol","payload":"x","enable_offline_messaging":true}`))
		r.SetBasicAuth(key, secret)
		tracing.Handler(tracer, func(*http.Request) string { return "REST" }, handler).ServeHTTP(httptest.NewRecorder(), r)
		var found []codes.Code
		for _, s := range spans.Ended() {
			if s.Name() == "nats append_mail" {
				found = append(found, s.Status().Code)
			}
		}
		assert.Equal(t, []codes.Code{want}, found, cause.Error())
	}
}
