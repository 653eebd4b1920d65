package tests

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// admin runs rtm-gateway admin for a gateway, and returns what it prints and its exit code.
func (b *backend) admin(program string, args ...string) (out string, code int) {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), program, append([]string{"admin", "--gateway", b.url}, args...)...)
	cmd.Env = append(os.Environ(), "RTM_REST_KEY="+restKey+":"+restSecret+"@"+pageApp)
	text, err := cmd.CombinedOutput()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		require.NoError(b.t, err)
	}
	assert.NotContains(b.t, string(text), restSecret)
	return string(text), cmd.ProcessState.ExitCode()
}

// Each command of rtm-gateway admin, against a gateway with users.
func TestAdmin(t *testing.T) {
	t.Parallel()
	program := buildGateway(t)
	g, b := serveREST(t, program)
	bob := loginHeard(t, g.url, "bob")
	bob.join(t, "garden")
	does := func(args ...string) string {
		t.Helper()
		out, code := b.admin(program, args...)
		require.Equal(t, 0, code, out)
		return out
	}
	fails := func(code int, says string, args ...string) {
		t.Helper()
		out, got := b.admin(program, args...)
		assert.Equal(t, code, got, out)
		assert.Contains(t, out, says)
	}
	inJSON := func(args ...string) (value map[string]any) {
		t.Helper()
		require.NoError(t, json.Unmarshal([]byte(does(append(args, "--json")...)), &value))
		return value
	}
	assert.Regexp(t, `(?m)^USER +STATE +SESSION +GATEWAY\nbob +(online|unreachable) `, does("sessions"))
	assert.Equal(t, []string{"bob"}, listed(inJSON("sessions")["sessions"], "user_id"))
	assert.Regexp(t, `bob .* garden\n`, does("session", "bob"))
	assert.Regexp(t, `(?m)^garden +1$`, does("channels"))
	assert.Regexp(t, `USER\nbob\n`, does("members", "garden"))
	assert.Equal(t, []any{"bob"}, inJSON("members", "garden")["members"])

	does("attributes", "garden", "--set", "topic=roses", "--set", "mood=calm", "--as", "Server", "--notify")
	assert.Regexp(t, `(?m)^topic +roses +Server `, does("attributes", "garden"))
	does("attributes", "garden", "--delete", "mood", "--as", "Server")
	assert.Len(t, inJSON("attributes", "garden")["attributes"], 1)
	does("attributes", "garden", "--clear", "--as", "Server")
	assert.Empty(t, inJSON("attributes", "garden")["attributes"])

	file := filepath.Join(t.TempDir(), "note.txt")
	require.NoError(t, os.WriteFile(file, []byte("a note"), 0o600))
	sent := inJSON("send-media", file, "--as", "Server", "--to", "bob", "--description", "read me", "--wait")
	assert.Equal(t, "message_delivered", sent["code"])
	got := next(t, bob.got)
	assert.Equal(t, []any{"Server", wire.Message_FILE, sent["media_id"], "note.txt", "read me"}, []any{got.From, got.Message.Type, got.Message.MediaId, got.Message.FileName, got.Message.Description})
	does("send-media", file, "--as", "Server", "--channel", "garden", "--name", "other.txt")
	assert.Equal(t, "other.txt", next(t, bob.got).Message.FileName)
	id := sent["media_id"].(string)
	answer, err := http.Get(strings.TrimSpace(does("media-url", id, "--expires", "5m", "--download", "a.txt")))
	require.NoError(t, err)
	_ = answer.Body.Close()
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Regexp(t, `(?m)^8192 +no bound$`, does("usage", "Server"))
	assert.Contains(t, does("usage"), "8192")
	does("media-delete", id)
	fails(1, "no such media", "media-delete", id)

	does("kick", "bob")
	assert.Equal(t, core.Aborted, whyEnded(t, bob))
	fails(1, "not logged in (not_online, status 404)", "kick", "bob")
	does("ban", "bob", "--for", "1h", "--reason", "too\nloud")
	assert.Regexp(t, `(?m)^bob +\d.* +too loud$`, does("bans"), "what others wrote stays in its line")
	assert.Equal(t, []string{"too\nloud"}, listed(inJSON("bans")["bans"], "reason"))
	does("unban", "bob")
	fails(1, "not banned", "unban", "bob")

	fails(2, "there is no command", "session-list")
	fails(2, "a command is missing")
	fails(2, "members takes one argument", "members")
	fails(2, "kick does not take --for", "kick", "bob", "--for", "1h")
	fails(2, "ban needs --for", "ban", "bob")
	fails(2, "--as must name", "attributes", "garden", "--set", "a=b")
	fails(2, "--to or --channel", "send-media", file, "--as", "Server")
	fails(1, "no such file", "send-media", file+"2", "--as", "Server", "--to", "bob")
	fails(1, "the credentials do not allow this call", "sessions", "--app", strings.Repeat("9", 32))
	fails(2, "the secret of the key x must have", "sessions", "--rest-key", "x:y")
	help := does("--help")
	for _, command := range []string{"sessions", "session USER", "channels", "members CHANNEL", "kick USER", "ban USER", "bans", "unban USER", "attributes CHANNEL", "send-media FILE", "media-url MEDIA", "media-delete MEDIA", "usage [USER]", "Examples:", "Exit codes:"} {
		assert.Contains(t, help, command)
	}
	g.kill()
	fails(1, "cannot reach the gateway", "sessions")
}

// The doctor tells whether the REST interface is on, and whether a key works.
func TestDoctorREST(t *testing.T) {
	t.Parallel()
	program := buildGateway(t)
	g, _ := serveREST(t, program)
	off := serve(t, program, "--listen", "127.0.0.1:0", "--app", pageApp, "--data", t.TempDir())
	for _, c := range []struct{ url, key, says string }{
		{g.url, restKey + ":" + restSecret, "ok    rest       the REST interface accepts the key " + restKey},
		{g.url, restKey + ":another-secret-entirely", "fail  rest       the gateway does not accept the key " + restKey},
		{g.url, "", "ok    rest       the REST interface is on; no key was given"},
		{off.url, "", "ok    rest       the REST interface is off"},
		{off.url, restKey + ":" + restSecret, "fail  rest       the REST interface is off"},
	} {
		cmd := exec.CommandContext(t.Context(), program, "doctor", "--url", c.url, "--app", pageApp+":"+pageCertificate)
		if c.key != "" {
			cmd.Env = append(os.Environ(), "RTM_REST_KEY="+c.key)
		}
		out, _ := cmd.CombinedOutput() // it may fail: what it says counts
		assert.Contains(t, string(out), c.says)
		assert.NotContains(t, string(out), restSecret)
	}
}
