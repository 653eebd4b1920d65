package tests

import (
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a gateway needs takes long to open, here since two of three NATS servers are down: it
// says so wherever it is asked, ends when it is told to, and works when they are back.
func TestSlowStart(t *testing.T) {
	t.Parallel()
	c, program := startCluster(t), buildGateway(t)
	c.Servers[1].Kill()
	c.Servers[2].Kill()
	url, metrics := "http://127.0.0.1:"+freePort(t), "http://127.0.0.1:"+freePort(t)
	start := func() (cmd *exec.Cmd, log *written) {
		log = &written{}
		cmd = exec.Command(program, "--listen", strings.TrimPrefix(url, "http://"), "--metrics", strings.TrimPrefix(metrics, "http://"), "--nats", strings.Join(c.URLs(), ","), "--media", c.Dir+"/media")
		cmd.Stderr = log // Wait returns when all of it is written there
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd, log
	}
	get := func(url string) (status int, body string) {
		answer, err := http.Get(url)
		if err != nil {
			return 0, err.Error()
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(b)
	}
	starting := func(log *written) {
		t.Helper()
		require.Eventually(t, func() bool { status, _ := get(url + "/healthz"); return status == 200 }, waitLimit, 10*time.Millisecond, "%s", log.text())
		for _, at := range []string{url, metrics} {
			status, body := get(at + "/readyz")
			require.Equal(t, 503, status)
			var answer struct {
				Ready  bool
				Checks []struct {
					Name, Error string
					OK          bool
				}
			}
			require.NoError(t, json.Unmarshal([]byte(body), &answer))
			require.Len(t, answer.Checks, 1)
			assert.Equal(t, "starting", answer.Checks[0].Name)
			assert.Contains(t, answer.Checks[0].Error, "connecting to NATS at "+c.Servers[0].URL)
		}
		status, body := get(url + "/rtm")
		assert.Equal(t, 503, status)
		assert.Contains(t, body, "the gateway is starting")
		assert.NotContains(t, body, "NATS", "what a start does is for operators")
		assert.Contains(t, log.text(), "starting: connecting to NATS")
		assert.NotContains(t, log.text(), "listening")
	}

	told, log := start()
	starting(log)
	require.NoError(t, told.Process.Signal(syscall.SIGTERM))
	require.NoError(t, told.Wait(), "it ends with exit code 0")
	assert.Contains(t, log.text(), "ended while starting")

	_, log = start()
	starting(log)
	require.NoError(t, c.Servers[1].Start())
	require.NoError(t, c.Servers[2].Start())
	require.Eventually(t, func() bool { status, _ := get(url + "/readyz"); return status == 200 }, waitLimit, 50*time.Millisecond, "%s", log.text())
	assert.Contains(t, log.text(), "listening")
	login(t, strings.TrimPrefix(url, "http://"), "alice")
}
