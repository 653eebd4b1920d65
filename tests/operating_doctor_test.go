package tests

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// examine runs the doctor and returns the verdict on each thing, the lines and the exit code.
func examine(t *testing.T, program string, args ...string) (verdicts map[string]string, lines string, code int) {
	t.Helper()
	out, err := exec.Command(program, append([]string{"doctor"}, args...)...).CombinedOutput()
	var failed *exec.ExitError
	if !errors.As(err, &failed) {
		require.NoError(t, err)
	} else {
		code = failed.ExitCode()
	}
	verdicts = map[string]string{}
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 2 {
			verdicts[words[1]] = words[0]
		}
	}
	return verdicts, string(out), code
}

// checkJSONReport compares what the doctor prints with --json with its lines and its exit code.
func checkJSONReport(t *testing.T, program, lines string, args ...string) {
	t.Helper()
	out, err := exec.Command(program, append([]string{"doctor", "--json"}, args...)...).Output()
	var report struct {
		OK     *bool
		URL    string
		Checks []struct{ Name, Verdict, Found, Advice string }
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&report), string(out))
	require.NotNil(t, report.OK)
	assert.Equal(t, err == nil, *report.OK)
	said := ""
	for _, c := range report.Checks {
		said += c.Verdict + " " + c.Name + "\n"
		assert.NotEmpty(t, c.Found, c.Name)
		assert.Contains(t, []string{"ok", "warn", "fail"}, c.Verdict)
		assert.True(t, c.Verdict == "ok" || c.Advice != "", "%s: %s, but not what to do", c.Name, c.Found)
	}
	var want strings.Builder
	for line := range strings.Lines(lines) {
		want.WriteString(strings.Join(strings.Fields(line)[:2], " ") + "\n")
	}
	assert.Equal(t, want.String(), said)
}

func testDoctor(t *testing.T, program string) {
	dir := t.TempDir()
	apps := filepath.Join(dir, "apps.txt")
	require.NoError(t, os.WriteFile(apps, []byte(strings.Repeat("a", 32)), 0o600))
	data := filepath.Join(dir, "data")
	verdicts, lines, code := examine(t, program, "--listen", "127.0.0.1:0", "--data", data, "--apps", apps, "--min-free", "1MiB")
	assert.Zero(t, code, lines)
	for _, what := range []string{"apps", "data", "clock", "listen", "tls", "origins"} {
		assert.Equal(t, "ok", verdicts[what], lines)
	}
	assert.NoDirExists(t, data, "it changes nothing")
	checkJSONReport(t, program, lines, "--listen", "127.0.0.1:0", "--data", data, "--apps", apps, "--min-free", "1MiB")

	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", data)
	verdicts, lines, code = examine(t, program, "--listen", g.addr(), "--data", data)
	assert.Zero(t, code, lines)
	assert.Equal(t, "warn", verdicts["apps"], "development mode")
	assert.Equal(t, "warn", verdicts["data"], "in use")
	assert.Equal(t, "ok", verdicts["listen"], "by a gateway")

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	go func() { // whoever asks is hung up on
		for {
			c, err := taken.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	verdicts, lines, code = examine(t, program, "--listen", taken.Addr().String(), "--data", apps, "--tls-cert", apps, "--tls-key", apps, "--app", "short")
	assert.Equal(t, 1, code)
	for _, what := range []string{"apps", "data", "listen", "tls"} {
		assert.Equal(t, "fail", verdicts[what], lines)
	}
	checkJSONReport(t, program, lines, "--listen", taken.Addr().String(), "--data", apps, "--tls-cert", apps, "--tls-key", apps, "--app", "short")
	verdicts, lines, code = examine(t, program, "--listen", "127.0.0.1:0", "--data", dir, "--min-free", "1048576GiB")
	assert.Equal(t, 1, code)
	assert.Equal(t, "fail", verdicts["disk"], lines)

	nats := buildNATS(t)
	port := freePort(t)
	verdicts, lines, code = examine(t, program, "--listen", "127.0.0.1:0", "--nats", "nats://127.0.0.1:"+port)
	assert.Equal(t, 1, code)
	assert.Equal(t, "fail", verdicts["engine"], lines)
	startNATS(t, nats, port, filepath.Join(dir, "nats"))
	media := t.TempDir()
	serve(t, program, "--listen", "127.0.0.1:0", "--nats", "nats://127.0.0.1:"+port, "--media", media)
	verdicts, lines, code = examine(t, program, "--listen", "127.0.0.1:0", "--nats", "nats://127.0.0.1:"+port)
	assert.Equal(t, 1, code)
	assert.Equal(t, "fail", verdicts["media"], lines)
	verdicts, lines, code = examine(t, program, "--listen", "127.0.0.1:0", "--nats", "nats://127.0.0.1:"+port, "--media", apps)
	assert.Equal(t, 1, code)
	assert.Equal(t, "fail", verdicts["media"], lines)
	verdicts, lines, code = examine(t, program, "--listen", "127.0.0.1:0", "--nats", "nats://127.0.0.1:"+port, "--media", media)
	assert.Zero(t, code, lines)
	assert.Equal(t, "ok", verdicts["media"], lines)
	assert.Equal(t, "warn", verdicts["engine"], "one server is no cluster")
	assert.Contains(t, lines, "agrees with that of NATS")
}

// Through a good proxy all is well; each bad one is found out, by what it breaks.
func testDoctorURL(t *testing.T, program string) {
	const certificate = "fedcba9876543210fedcba9876543210"
	apps := filepath.Join(t.TempDir(), "apps.txt")
	require.NoError(t, os.WriteFile(apps, []byte("0123456789abcdef0123456789abcdef "+certificate), 0o600))
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--apps", apps)
	to, err := neturl.Parse(g.url)
	require.NoError(t, err)
	type spoil func(w http.ResponseWriter, r *http.Request) (stop bool)
	for name, c := range map[string]struct {
		spoil  spoil
		answer func(*http.Response) error
		fails  string // "": nothing
		advice string
	}{
		"good": {},
		"no upgrade": {spoil: func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("Upgrade")
			return false
		}, fails: "websocket", advice: "Upgrade"},
		"no PATCH": {spoil: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPatch {
				w.WriteHeader(http.StatusMethodNotAllowed)
			}
			return r.Method == http.MethodPatch
		}, fails: "upload", advice: "PATCH"},
		"small bodies": {spoil: func(w http.ResponseWriter, r *http.Request) bool {
			if r.ContentLength > 1<<20 {
				w.Header().Set("Connection", "close")
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}
			return r.ContentLength > 1<<20
		}, fails: "upload", advice: ""},
		"no ranges": {spoil: func(_ http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("Range")
			return false
		}, fails: "range", advice: "Range"},
		"no DELETE": {spoil: func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusForbidden)
			}
			return r.Method == http.MethodDelete
		}, fails: "delete", advice: "DELETE"},
		"its own CORS": {answer: func(a *http.Response) error {
			a.Header.Add("Access-Control-Allow-Origin", "*")
			return nil
		}, fails: "cors", advice: "headers that the proxy adds"},
		"one path only": {spoil: func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/rtm") {
				http.NotFound(w, r)
			}
			return !strings.HasPrefix(r.URL.Path, "/rtm")
		}, fails: "reach", advice: "all paths"},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, ModifyResponse: c.answer}
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.spoil == nil || !c.spoil(w, r) {
					proxy.ServeHTTP(w, r)
				}
			}))
			t.Cleanup(site.Close)
			verdicts, lines, code := examine(t, program, "--url", site.URL, "--apps", apps)
			for what, verdict := range verdicts {
				assert.Equal(t, verdict == "fail", what == c.fails, "%s in\n%s", what, lines)
			}
			assert.Equal(t, c.fails != "", code == 1)
			assert.Contains(t, lines, c.advice)
			assert.NotContains(t, lines, certificate)
		})
	}
	verdicts, lines, code := examine(t, program, "--url", g.url)
	assert.Zero(t, code, lines)
	assert.Equal(t, "warn", verdicts["login"], "it names no app of the gateway")
	checkJSONReport(t, program, lines, "--url", g.url)
	full := serve(t, program, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--min-free", "1048576GiB")
	verdicts, lines, _ = examine(t, program, "--url", full.url)
	assert.Equal(t, "fail", verdicts["create"], lines)
	assert.Contains(t, lines, "the gateway itself refuses this")
	assert.NotContains(t, lines, "make the proxy pass Authorization")
	verdicts, lines, code = examine(t, program, "--url", "http://127.0.0.1:"+freePort(t))
	assert.Equal(t, 1, code, lines)
	assert.Equal(t, "fail", verdicts["reach"])
}
