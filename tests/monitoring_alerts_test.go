package tests

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/diskspace"
	"rtmwasm/tests/cluster"
)

// trouble is a gateway that is about to be broken, and the alerts that must tell of it.
type trouble struct {
	alerts  []string
	gateway *service
	begin   func()
}

// Each alert fires when what it watches is broken, at the gateway where that is and at no
// other: a Prometheus with the files of deploy/prometheus watches gateways, each of which
// is broken in a way of its own.
func TestMonitoring(t *testing.T) {
	t.Parallel()
	unpackedTool(t, "prometheus") // or there is nothing to do
	program := buildGateway(t)
	troubles := map[string]trouble{}
	for name, prepare := range map[string]func(t *testing.T, program string) trouble{
		"nothing is wrong":         allIsWell,
		"a gateway dies":           dies,
		"NATS stands still":        natsStandsStill,
		"the disk fills":           diskFills,
		"a certificate runs out":   certificateRunsOut,
		"many users":               manyUsers,
		"bad tokens":               badTokens,
		"a page of another origin": otherOrigins,
		"a proxy cuts connections": connectionsCut,
		"clients talk nonsense":    nonsense,
		"an app in a loop":         appInLoop,
		"uploads break":            uploadsBreak,
		"a scanner fails":          scannerFails,
		"a scanner is slow":        scannerIsSlow,
		"a backend's key is wrong": backendRefused,
		"a web hook is away":       webhookAway,
		"a web hook wants nothing": webhookRefuses,
	} {
		troubles[name] = prepare(t, program)
	}
	var gateways []string
	for _, x := range troubles {
		gateways = append(gateways, x.gateway.metrics)
	}
	p := startPrometheus(t, gateways)
	// A counter that rises before it was first read does not rise for Prometheus.
	require.Eventually(t, func() bool { return len(p.query(`count_over_time(rtm_sessions[1m]) > 1`)) == len(gateways) }, waitLimit, 100*time.Millisecond)

	for _, x := range troubles {
		x.begin()
	}
	for name, x := range troubles {
		assert.Eventually(t, func() bool { return includes(p.fired(x.gateway.metrics), x.alerts) }, waitLimit, 200*time.Millisecond, "%s: not all of %v fire", name, x.alerts)
	}
	ofMachine := raisedByMachine(t)
	for name, x := range troubles {
		others := slices.DeleteFunc(p.fired(x.gateway.metrics), func(a string) bool { return slices.Contains(x.alerts, a) || slices.Contains(ofMachine, a) })
		assert.Empty(t, others, name)
	}
	fired := map[string]bool{}
	for _, x := range troubles {
		for _, a := range x.alerts {
			fired[a] = true
		}
	}
	for _, r := range p.rules() {
		assert.True(t, fired[r.Name], "nothing makes %s fire", r.Name)
	}
	t.Run("names", p.checkNames)
	t.Run("runbook", p.checkRunbook)
	t.Run("promtool", func(t *testing.T) { checkByPromtool(t, troubles["nothing is wrong"].gateway.metrics) })
}

// raisedByMachine are the alerts that the machine of the test may raise at any gateway: where it is too
// busy for seconds, and where its disk is that full.
func raisedByMachine(t *testing.T) []string {
	alerts := []string{"RtmGatewayDown", "RtmGatewayNotReady", "RtmEngineFailing", "RtmEngineSlow", "RtmScannerAway"}
	dir := t.TempDir()
	free, known := diskspace.Free(dir)
	size, _ := diskspace.Size(dir)
	if known && free < size/4 { // others write to it, too
		alerts = append(alerts, "RtmDiskFilling")
	}
	return alerts
}

func includes(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// watched starts a gateway with metrics, on a folder of its own unless it uses NATS servers.
func watched(t *testing.T, program string, args ...string) *service {
	t.Helper()
	if !slices.Contains(args, "--nats") && !slices.Contains(args, "--data") {
		args = append(args, "--data", t.TempDir())
	}
	return serve(t, program, append([]string{"--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"}, args...)...)
}

func allIsWell(t *testing.T, program string) trouble {
	g := watched(t, program, "--rest-key", restKey+":"+restSecret)
	return trouble{nil, g, func() {
		alice, bob := login(t, g.addr(), "alice"), login(t, g.addr(), "bob")
		alice.says(t, "bob", "hello")
		assert.Equal(t, "alice: hello", next(t, bob.texts))
		content := randomFile(1 << 20)
		assert.Equal(t, content, bob.fetch(t, alice.store(t, content)))
		(&backend{t, g.url}).code("/rtm/users/carol/peer_messages", restBody(t, map[string]any{"destination": "alice", "payload": "hi"}))
		assert.Equal(t, "carol: hi", next(t, alice.texts))
	}}
}

func dies(t *testing.T, program string) trouble {
	g := watched(t, program)
	return trouble{[]string{"RtmGatewayDown"}, g, g.kill}
}

func natsStandsStill(t *testing.T, program string) trouble {
	natsServer := buildNATS(t)
	port := freePort(t)
	nats := startNATS(t, natsServer, port, t.TempDir())
	g := watched(t, program, "--nats", "nats://127.0.0.1:"+port, "--media", t.TempDir())
	return trouble{[]string{"RtmGatewayNotReady", "RtmEngineFailing", "RtmEngineSlow"}, g, func() {
		require.NoError(t, cluster.Pause(nats.Process))
		for i := range 3 {
			go func() { // its login waits for NATS
				_, _ = intrudeAs(t.Context(), t, g.addr(), fmt.Sprint("user", i))
			}()
		}
	}}
}

// diskFills gives a gateway a small disk of its own, which is not seen from outside.
func diskFills(t *testing.T, program string) trouble {
	dir := t.TempDir()
	disk, onDisk := filepath.Join(dir, "disk"), filepath.Join(dir, "on-small-disk")
	require.NoError(t, os.Mkdir(disk, 0o700))
	script := fmt.Sprintf("#!/bin/sh\nexec unshare --map-root-user --mount sh -c 'mount -t tmpfs -o size=256m none %s && exec \"$@\"' sh %s \"$@\"\n", disk, program)
	require.NoError(t, os.WriteFile(onDisk, []byte(script), 0o700))
	if out, err := exec.Command(onDisk, "--version").CombinedOutput(); err != nil {
		t.Skip("no disk can be mounted here: ", string(out))
	}
	g := watched(t, onDisk, "--data", filepath.Join(disk, "data"), "--min-free", "64MiB", "--rest-key", restKey+":"+restSecret)
	return trouble{[]string{"RtmDiskFilling", "RtmGatewayNotReady", "RtmMediaFailing", "RtmBackendCallsFailing"}, g, func() {
		credential := g.credentialOf("alice")
		inside := filepath.Join("/proc", strconv.Itoa(g.Process.Pid), "root", disk)
		free, known := diskspace.Free(inside)
		require.True(t, known)
		require.NoError(t, os.WriteFile(filepath.Join(inside, "filler"), make([]byte, free-8<<20), 0o600))
		require.Eventually(t, func() bool { return g.notReady()["disk"] != "" }, waitLimit, 50*time.Millisecond)
		answer, err := http.DefaultClient.Do(newUpload(t, g, credential, 8, strings.NewReader("12345678")))
		require.NoError(t, err)
		_ = answer.Body.Close()
		assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
		mail := restBody(t, map[string]any{"destination": "nobody", "payload": "for later", "enable_offline_messaging": true})
		assert.Equal(t, 500, (&backend{t, g.url}).do(http.MethodPost, "/rtm/users/carol/peer_messages", mail).Status)
	}}
}

func certificateRunsOut(t *testing.T, program string) trouble {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, 1, cert, key) // for an hour
	return trouble{[]string{"RtmCertificateExpiring"}, watched(t, program, "--tls-cert", cert, "--tls-key", key), func() {}}
}

// manyUsers are more than the memory is meant for, and nearly as many as may be.
func manyUsers(t *testing.T, program string) trouble {
	const users = 1000
	g := watched(t, program, "--max-sessions", strconv.Itoa(users), "--max-memory", "64MiB")
	return trouble{[]string{"RtmSessionsNearLimit", "RtmMemoryNearLimit"}, g, func() {
		for i := range users {
			user, err := intrudeAs(t.Context(), t, g.addr(), fmt.Sprint("user", i))
			require.NoError(t, err)
			go answerPings(user.Conn) // so that the first stay until the last are there
			t.Cleanup(func() { _ = user.CloseNow() })
		}
	}}
}

func badTokens(t *testing.T, program string) trouble {
	g := watched(t, program, "--app", pageApp+":"+pageCertificate)
	return trouble{[]string{"RtmLoginsRefused"}, g, func() {
		for range 40 {
			_, err := intrudeAs(t.Context(), t, g.addr(), "mallory")
			require.ErrorContains(t, err, "refused")
		}
	}}
}

func otherOrigins(t *testing.T, program string) trouble {
	g := watched(t, program, "--origins", "https://app.example.org")
	return trouble{[]string{"RtmOriginsRefused"}, g, func() {
		for range 20 {
			_, _, err := websocket.Dial(t.Context(), "ws://"+g.addr()+"/rtm", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://www.example.org"}}})
			require.Error(t, err)
		}
	}}
}

func connectionsCut(t *testing.T, program string) trouble {
	g := watched(t, program)
	return trouble{[]string{"RtmSessionsResuming"}, g, func() {
		first, err := intrudeAs(t.Context(), t, g.addr(), "alice")
		require.NoError(t, err)
		for range 40 {
			require.NoError(t, first.CloseNow())
			again, err := intrude(t.Context(), t, g.addr())
			require.NoError(t, err)
			require.NoError(t, again.say(t.Context(), &wire.ClientFrame{Hello: &wire.Hello{Version: 1, AppId: hostileApp, Uid: "alice",
				Resume: &wire.Resume{SessionId: first.welcome.SessionId, Credential: first.welcome.Credential}}}))
			again.welcome, err = again.hearWelcome(t.Context())
			require.NoError(t, err)
			first = again
		}
	}}
}

func nonsense(t *testing.T, program string) trouble {
	g := watched(t, program)
	return trouble{[]string{"RtmClientsCutOff"}, g, func() {
		for range 20 {
			s, err := intrude(t.Context(), t, g.addr())
			require.NoError(t, err)
			require.NoError(t, s.Write(t.Context(), websocket.MessageBinary, []byte("nonsense")))
			assert.EqualValues(t, wire.CloseProtocol, s.closeCode(t.Context()))
		}
	}}
}

// appInLoop asks more often than a user may, but not so often that it is cut off. The rate of what it asks
// is so low that a slow gateway still gets more than that.
func appInLoop(t *testing.T, program string) trouble {
	g := watched(t, program)
	return trouble{[]string{"RtmRequestsTooOften"}, g, func() {
		s, err := intrudeAs(t.Context(), t, g.addr(), "alice")
		require.NoError(t, err)
		for range 1000 {
			s.sent++
			require.NoError(t, s.say(t.Context(), &wire.ClientFrame{Id: s.sent, Presence: &wire.PresenceRequest{Uid: []string{"nobody"}}}))
		}
	}}
}

func uploadsBreak(t *testing.T, program string) trouble {
	g := watched(t, program)
	return trouble{[]string{"RtmMediaBroken"}, g, func() {
		for n := range 30 { // each by another user: one may have few uploads that are not finished
			s, err := intrudeAs(t.Context(), t, g.addr(), fmt.Sprint("user", n))
			require.NoError(t, err)
			breakUpload(t, g, s.welcome.Credential)
			require.Eventually(t, func() bool {
				return int(g.counts(t, `rtm_media_requests_total{direction="upload",result="broken"}`)) == n+1
			}, waitLimit, time.Millisecond)
		}
	}}
}

// newUpload is a request that uploads a file of some bytes.
func newUpload(t *testing.T, g *service, credential string, bytes int, body io.Reader) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url+"/media/", body)
	require.NoError(t, err)
	r.ContentLength = int64(bytes)
	for k, v := range map[string]string{"Authorization": "Bearer " + credential, "Tus-Resumable": "1.0.0", "Upload-Length": strconv.Itoa(bytes), "Content-Type": "application/offset+octet-stream"} {
		r.Header.Set(k, v)
	}
	return r
}

// breakUpload ends an upload once half of it is on its way.
func breakUpload(t *testing.T, g *service, credential string) {
	content := make([]byte, 64<<10)
	body, half := io.Pipe()
	r := newUpload(t, g, credential, 2*len(content), body)
	ended := make(chan error, 1)
	go func() {
		answer, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = answer.Body.Close()
			t.Error("the upload is answered: ", answer.Status)
		}
		ended <- err
	}()
	_, err := half.Write(content)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return g.counts(t, "rtm_media_running") == 1 }, waitLimit, time.Millisecond)
	_ = half.CloseWithError(errors.New("the client is gone"))
	require.Error(t, next(t, ended))
}

// hook is a scanner by web hook, which answers questions, those for a life sign excepted, as it is told. It returns the settings that name it.
func hook(t *testing.T, alive *atomic.Bool, answer http.HandlerFunc) (settings []string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var question struct{ Ping bool }
		switch err := json.NewDecoder(r.Body).Decode(&question); {
		case err != nil || !alive.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case !question.Ping:
			answer(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return []string{"--scan", server.URL, "--scan-secret", "a secret that the hook knows"}
}

func scannerFails(t *testing.T, program string) trouble {
	var alive atomic.Bool
	alive.Store(true)
	settings := hook(t, &alive, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"allow":true}`) })
	g := watched(t, program, append(settings, "--scan-unavailable", "pass")...)
	return trouble{[]string{"RtmScannerAway", "RtmScansFailing"}, g, func() {
		alive.Store(false)
		login(t, g.addr(), "alice").store(t, []byte("content"))
	}}
}

func scannerIsSlow(t *testing.T, program string) trouble {
	var alive atomic.Bool
	alive.Store(true)
	settings := hook(t, &alive, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(9 * time.Second) // a client waits 8 s for an answer, then asks again
		fmt.Fprint(w, `{"allow":true}`)
	})
	g := watched(t, program, settings...)
	return trouble{[]string{"RtmScansSlow"}, g, func() {
		login(t, g.addr(), "alice").store(t, []byte("content"))
	}}
}

func backendRefused(t *testing.T, program string) trouble {
	g := watched(t, program, "--app", pageApp+":"+pageCertificate, "--rest-key", restKey+":another-secret-than-that")
	return trouble{[]string{"RtmBackendCallsRefused"}, g, func() {
		for range 20 {
			assert.Equal(t, 401, (&backend{t, g.url}).do(http.MethodPost, "/rtm/users/carol/peer_messages", "{}").Status)
		}
	}}
}

// webhook serves a web hook that answers with a status, and returns the settings that name it.
func webhook(t *testing.T, status int) []string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(server.Close)
	return []string{"--webhook", server.URL, "--webhook-secret", hookSecret}
}

func webhookAway(t *testing.T, program string) trouble {
	g := watched(t, program, webhook(t, http.StatusServiceUnavailable)...)
	return trouble{[]string{"RtmWebhookFailing"}, g, func() { login(t, g.addr(), "alice") }}
}

func webhookRefuses(t *testing.T, program string) trouble {
	g := watched(t, program, webhook(t, http.StatusGone)...)
	return trouble{[]string{"RtmWebhookEventsLost"}, g, func() { login(t, g.addr(), "alice") }}
}
