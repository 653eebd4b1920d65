package gateway_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ready asks /readyz and returns its status, and the error of each check.
func (h *house) ready() (status int, checks map[string]string) {
	h.t.Helper()
	answer, err := http.Get(h.url + "/readyz")
	require.NoError(h.t, err)
	defer answer.Body.Close()
	var body struct {
		Ready  bool
		Checks []struct {
			Name, Error string
			OK          bool
		}
	}
	require.NoError(h.t, json.NewDecoder(answer.Body).Decode(&body))
	assert.Equal(h.t, answer.StatusCode == 200, body.Ready)
	checks = map[string]string{}
	for _, c := range body.Checks {
		assert.Equal(h.t, c.Error == "", c.OK, c.Name)
		checks[c.Name] = c.Error
	}
	return answer.StatusCode, checks
}

func TestReadyUntilDrained(t *testing.T) {
	h := newHouse(t, nil)
	status, checks := h.ready()
	assert.Equal(t, 200, status)
	assert.Equal(t, map[string]string{"serving": "", "engine": "", "disk": "", "media": ""}, checks)

	h.server.Drain()
	status, checks = h.ready()
	assert.Equal(t, 503, status)
	assert.Contains(t, checks["serving"], "shutting down")
	assert.Empty(t, checks["engine"])
	h.login("ada") // still served
}
