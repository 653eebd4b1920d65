package otlp

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
)

// What the SDK could not read of the environment is refused, by the name of the variable alone.
func TestEnvironmentIsChecked(t *testing.T) {
	noPEM := filepath.Join(t.TempDir(), "s3cret.pem")
	require.NoError(t, os.WriteFile(noPEM, []byte("s3cret"), 0o600))
	for _, prefix := range []string{"OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"} {
		for name, values := range map[string][]string{
			"HEADERS":            {"Authorization Bearer s3cret", "Authorization: Bearer s3cret", "a=b,s3cret", "s3cret s3cret=x", "a=100%s3cret", "a=s3%0acret", "a=b,"},
			"ENDPOINT":           {"http://user:s3cret@collector:port", "http://s3cret\x7f"},
			"TIMEOUT":            {"s3cret", "10s", "-1"},
			"CERTIFICATE":        {filepath.Join(t.TempDir(), "s3cret.pem"), noPEM},
			"CLIENT_CERTIFICATE": {noPEM},
			"CLIENT_KEY":         {noPEM},
		} {
			for _, value := range values {
				t.Run(prefix+name+"="+value, func(t *testing.T) {
					t.Setenv(prefix+name, value)
					err := Options{URL: "http://127.0.0.1:4318"}.Check()
					require.Error(t, err)
					assert.Contains(t, err.Error(), prefix+name)
					assert.NotContains(t, err.Error(), "cret")
					_, err = Open(t.Context(), Options{URL: "http://127.0.0.1:4318"})
					assert.Error(t, err)
				})
			}
		}
	}
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", " Authorization = Bearer s3cret%2C, x-tenant=a=b")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "10000")
	assert.NoError(t, Options{URL: "http://127.0.0.1:4318"}.Check())
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "s3cret")
	_, err := Open(t.Context(), Options{URL: "http://127.0.0.1:4318"})
	assert.ErrorContains(t, err, "OTEL_RESOURCE_ATTRIBUTES")
	assert.NotContains(t, err.Error(), "s3cret")
}

// The SDK tells the gateway's log what it cannot do, without values.
func TestSDKLogsNoValues(t *testing.T) {
	var out bytes.Buffer
	traces, err := Open(t.Context(), Options{URL: "http://127.0.0.1:4318", Logger: slog.New(slog.NewTextHandler(&out, nil))})
	require.NoError(t, err)
	require.NoError(t, traces.Close(context.Background()))
	assert.Empty(t, out.String())
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization Bearer s3cret")
	_, err = otlptracehttp.New(t.Context())
	require.NoError(t, err)
	assert.Contains(t, out.String(), "parse headers")
	assert.NotContains(t, out.String(), "s3cret")
}
