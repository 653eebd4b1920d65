package tests

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testMetricsListener(t *testing.T, program string) {
	g := serve(t, program, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--data", t.TempDir())
	require.NotEmpty(t, g.metrics)
	login(t, g.addr(), "alice")
	get := func(url string) (int, string) {
		answer, err := http.Get(url)
		require.NoError(t, err)
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(body)
	}
	status, body := get("http://" + g.metrics + "/metrics")
	assert.Equal(t, 200, status)
	assert.Contains(t, body, "rtm_sessions 1\n")
	status, body = get("http://" + g.metrics + "/readyz")
	assert.Equal(t, 200, status)
	assert.Contains(t, body, `"engine"`)
	status, _ = get("http://" + g.metrics + "/rtm")
	assert.Equal(t, 404, status, "clients are not served there")
	_, body = get(g.url + "/metrics")
	assert.NotContains(t, body, "rtm_sessions", "nor metrics where clients are")
}
