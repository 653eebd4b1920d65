package tests

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

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
	for _, path := range []string{"/metrics", "/healthz", "/none"} { // a body that does not come is waited for a while only
		c, err := net.Dial("tcp", g.metrics)
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
		_, err = io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
		require.NoError(t, err)
		_, err = io.ReadAll(c)
		assert.NoError(t, err, path)
	}
	_, body = get(g.url + "/metrics")
	assert.NotContains(t, body, "rtm_sessions", "nor metrics where clients are")
}
