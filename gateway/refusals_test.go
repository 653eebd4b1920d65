package gateway_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
)

// Each kind of refused login leaves one line with its reason, however often it comes, and
// never the token.
func TestRefusedLoginsAreLogged(t *testing.T) {
	var log logged
	h := newHouse(t, nil, withLog(&log), func(c *gateway.Config) {
		apps := &gateway.Apps{}
		require.NoError(t, apps.Add(appA, appB))
		c.Authorizer = apps
	})
	const secret = "006secretsecretsecret"
	for reason, hello := range map[string]*wire.Hello{
		"UNKNOWN_APP":   {Version: 1, AppId: appB, Uid: "ada"},
		"INVALID_TOKEN": {Version: 1, AppId: appA, Uid: "ada", Token: secret},
		"INVALID_ID":    {Version: 1, AppId: appA, Uid: ""},
		"VERSION":       {Version: 7, AppId: appA, Uid: "ada"},
	} {
		for range 3 {
			c := h.dial()
			c.listen()
			refused := c.ask(&wire.ClientFrame{Hello: hello}).Refusal
			require.NotNil(t, refused)
			require.Equal(t, reason, refused.Reason.String())
		}
		lines := log.lines("reason=" + reason + " ")
		if assert.Len(t, lines, 1, reason) {
			assert.Contains(t, lines[0], "a login is refused")
			assert.Contains(t, lines[0], "address=127.0.0.1")
		}
	}
	assert.Empty(t, log.lines(secret))
}

func TestRefusedOriginsAreLogged(t *testing.T) {
	var log logged
	h := newHouse(t, nil, withLog(&log), func(c *gateway.Config) {
		c.AllowOrigin = func(origin string) bool { return origin == "https://good.example" }
	})
	get := func(path, origin string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host, r.TLS = "own.example", &tls.ConnectionState{}
		r.Header.Set("Origin", origin)
		h.server.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	for _, path := range []string{"/rtm", "/media/", "/rtm"} {
		for _, origin := range []string{"https://good.example", "https://bad.example", "https://own.example"} {
			get(path, origin)
		}
	}
	get("/sdk/rtm.js", "https://reader.example") // anybody's
	assert.Len(t, log.lines("bad.example"), 1)
	assert.Empty(t, log.lines("own.example"))
	assert.Empty(t, log.lines("reader.example"))
	assert.Empty(t, log.lines("good.example"))
}

// A flood of refusals that all differ does not fill the log, and hides no other kind.
func TestRefusalsDoNotFillTheLog(t *testing.T) {
	var log logged
	h := newHouse(t, nil, withLog(&log), func(c *gateway.Config) { c.AllowOrigin = func(string) bool { return false } })
	for i := range 1000 {
		r := httptest.NewRequest(http.MethodGet, "/rtm", nil)
		r.Header.Set("Origin", fmt.Sprintf("https://bad%d.example", i))
		h.server.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	lines := log.lines(".example")
	assert.NotEmpty(t, lines)
	assert.LessOrEqual(t, len(lines), 240, "120 a minute")

	_, f := h.knock(&wire.Hello{Version: 1, AppId: appA})
	require.NotNil(t, f.Refusal)
	assert.Len(t, log.lines("a login is refused"), 1, "another kind has its own lines")
}
