package tests

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/token"
	"rtmwasm/native"
)

// Whatever the level and whatever goes wrong, the log has no token, certificate or
// credential or signature, and each line is JSON if that is asked for.
func testLogs(t *testing.T, program string) {
	const app, certificate, urlSecret = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210", "of-media-urls-0123456789abcdefghij"
	apps := filepath.Join(t.TempDir(), "apps.txt")
	require.NoError(t, os.WriteFile(apps, []byte(app+" "+certificate), 0o644), "others can read it, which is warned of")
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--apps", apps, "--log-format", "json", "--log-level", "debug",
		"--media-url-key", "backend:"+urlSecret)
	secrets := []string{certificate, urlSecret}
	loginWith := func(uid, text string) *core.Error {
		secrets = append(secrets, text)
		m := &member{host: native.NewHost(), states: make(chan core.State, 100), texts: make(chan string, 100)}
		m.Client = core.New(app, g.url, m.host, m)
		t.Cleanup(m.host.CloseIdle)
		err := outcome(t, m, func(done func(*core.Error)) { m.Login(uid, text, done) })
		if err == nil {
			secrets = append(secrets, useMediaURL(t, m, m.store(t, randomFile(1000))))
			t.Cleanup(func() { m.host.Do(func() { _ = m.LogoutNow() }) })
		}
		return err
	}
	for _, version := range []token.Version{token.V006, token.V007} {
		text, err := token.Mint(version, token.Grant{App: app, Certificate: certificate, UID: "alice", Issued: time.Now(), Validity: time.Hour})
		require.NoError(t, err)
		require.Nil(t, loginWith("alice", text))
		require.NotNil(t, loginWith("bob", text), "it is alice's")
	}
	require.NotNil(t, loginWith("bob", "007eJ-not-a-token"))
	for _, credential := range []string{"made-up-credential", app + ".alice.session.made-up-secret"} {
		secrets = append(secrets, credential)
		r, err := http.NewRequest(http.MethodGet, g.url+"/media/0123456789abcdef0123456789abcdef?token="+credential, nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+credential)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_ = answer.Body.Close()
		require.Equal(t, 401, answer.StatusCode)
		assert.NotEmpty(t, answer.Header.Get("X-Request-Id"))
	}
	g.signal(syscall.SIGTERM)
	require.Zero(t, g.exit())
	log := g.text()
	assert.Contains(t, log, "session began")
	assert.Contains(t, log, "tus: ", "debug is on")
	for _, secret := range secrets {
		assert.NotContains(t, log, secret)
	}
	assert.NotRegexp(t, `[0-9A-Za-z]{32}\.[\w-]+\.[\w-]{20,}\.`, log, "a session's credential")
	for line := range strings.Lines(log) {
		assert.True(t, json.Valid([]byte(line)), line)
	}
}

// mediaURL asks for a URL that needs no credential.
func (m *member) mediaURL(t *testing.T, id, download string) string {
	t.Helper()
	return outcome(t, m, func(done func(string)) {
		m.MediaURL(id, core.MediaURLOptions{Download: download}, func(u string, err *core.Error) {
			assert.Nil(t, err)
			done(u)
		})
	})
}

// useMediaURL fetches media by a URL of its own, as it is and changed. It returns the signature.
func useMediaURL(t *testing.T, m *member, id string) (signature string) {
	t.Helper()
	u := m.mediaURL(t, id, "")
	for u, status := range map[string]int{u: http.StatusOK, u + "&a=b": http.StatusNotFound} {
		answer, err := http.Get(u)
		require.NoError(t, err)
		_ = answer.Body.Close()
		require.Equal(t, status, answer.StatusCode)
	}
	_, signature, _ = strings.Cut(u, "sig=")
	require.Len(t, signature, 43)
	return signature
}
