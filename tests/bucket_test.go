package tests

import (
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/tests/s3"
)

// inBucket are the settings of a gateway that keeps media in a bucket of a server.
func inBucket(url string, more ...string) []string {
	return append([]string{"--media", "s3://media/rtm?region=" + s3.Region + "&endpoint=" + url}, more...)
}

// Media in a bucket: the gateway is killed, the object store is killed, downloads come from
// the object store itself.
func TestMediaInABucket(t *testing.T) {
	t.Parallel()
	program := buildGateway(t)
	server := s3.Run(t, "media")
	t.Run("the gateway is killed", func(t *testing.T) { testGatewayKilledOnABucket(t, program, server) })
	t.Run("the object store is killed", func(t *testing.T) { testObjectStoreKilled(t, program) })
	t.Run("redirected", func(t *testing.T) { testRedirected(t, program, server) })
	t.Run("doctor", func(t *testing.T) { testDoctorOfABucket(t, program, server) })
	t.Run("doctor of one that is far away", func(t *testing.T) { testDoctorOfAFarBucket(t, program, server) })
	t.Run("page", func(t *testing.T) { testPageOfABucket(t, program, server) })
	t.Run("refused", func(t *testing.T) { testBucketsThatAreRefused(t, program, server) })
}

func testGatewayKilledOnABucket(t *testing.T, program string, server *s3.Server) {
	data := t.TempDir()
	settings := inBucket(server.URL, "--data", data)
	gateway := runWith(t, program, append(settings, "--listen", "127.0.0.1:"+freePort(t))...)
	alice := login(t, gateway.addr, "alice")
	before := randomFile(100_000)
	stored := alice.store(t, before)
	content := randomFile(24 << 20)
	upload := alice.startUpload(t, content)
	gateway.kill()
	upload.release()
	require.Equal(t, core.Reconnecting, next(t, alice.states))
	gateway = runWith(t, program, append(settings, "--listen", gateway.addr)...)
	require.Equal(t, core.Connected, next(t, alice.states))
	id := upload.finish(t)
	gateway.kill() // what is acknowledged is stored
	require.Equal(t, core.Reconnecting, next(t, alice.states))
	runWith(t, program, append(settings, "--listen", gateway.addr)...)
	require.Equal(t, core.Connected, next(t, alice.states))
	assert.Equal(t, sha256.Sum256(content), sha256.Sum256(alice.fetch(t, id)))
	assert.Equal(t, sha256.Sum256(before), sha256.Sum256(alice.fetch(t, stored)))
	left, err := os.ReadDir(filepath.Join(data, "spool"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func testObjectStoreKilled(t *testing.T, program string) {
	server := s3.Run(t, "media")
	gateway := runWith(t, program, append(inBucket(server.URL), "--listen", "127.0.0.1:0", "--data", t.TempDir())...)
	alice, bob := login(t, gateway.addr, "alice"), login(t, gateway.addr, "bob")
	content := randomFile(24 << 20)
	upload := alice.startUpload(t, content)
	server.Kill()
	upload.release()
	text := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: "messages go on"}}
	require.True(t, outcome(t, alice, func(done func(bool)) {
		alice.SendToPeer("bob", text, false, func(received bool, _ *core.Error) { done(received) })
	}))
	status, answer := statusOf(t, gateway.addr, "/readyz")
	assert.Equal(t, http.StatusOK, status, answer)
	require.NoError(t, server.Start())
	id := upload.finish(t)
	assert.Equal(t, sha256.Sum256(content), sha256.Sum256(bob.fetch(t, id)))
}

func statusOf(t *testing.T, addr, path string) (int, string) {
	t.Helper()
	answer, err := http.Get("http://" + addr + path)
	require.NoError(t, err)
	defer answer.Body.Close()
	text := make([]byte, 1000)
	n, _ := answer.Body.Read(text)
	return answer.StatusCode, string(text[:n])
}

func testRedirected(t *testing.T, program string, server *s3.Server) {
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	var requests, ranges, credentials atomic.Int64
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if r.URL.Query().Has("X-Amz-Signature") { // a client's
			ranges.Add(1)
			if r.Header.Get("Authorization") != "" {
				credentials.Add(1)
			}
		}
		forward.ServeHTTP(w, r)
	}))
	defer front.Close()
	gateway := runWith(t, program, append(inBucket(front.URL, "--media-redirect"), "--listen", "127.0.0.1:0", "--data", t.TempDir())...)
	alice, bob := login(t, gateway.addr, "alice"), login(t, gateway.addr, "bob")
	testRedirectedURLs(t, alice, &ranges)
	for _, size := range []int{100, 3<<20 + 5} {
		content := randomFile(size)
		requests.Store(0)
		began := time.Now()
		id := alice.store(t, content)
		if size < 256<<10 {
			limit := int64(2)
			if hour := time.Hour; !began.Add(-core.MediaStallTimeout).Truncate(hour).Equal(time.Now().Truncate(hour)) {
				limit++ // an upload that began in the hour before may be repeated: it is looked for there, too
			}
			assert.LessOrEqual(t, requests.Load(), limit, "requests to store a small file")
		}
		t.Logf("%d bytes: %d requests to store them", size, requests.Load())
		assert.Equal(t, sha256.Sum256(content), sha256.Sum256(bob.fetch(t, id)))
		assert.Positive(t, ranges.Swap(0), "nothing came from the object store")
		assert.Zero(t, credentials.Load(), "the credential is for the gateway alone")

		// A byte that changes in the object store is found.
		key := id[1 : 1+core.MediaKeyLength]
		names, err := server.Objects("media")
		require.NoError(t, err)
		for _, name := range names {
			if strings.HasSuffix(name, "/"+key) {
				content[50] ^= 1
				path := filepath.Join(server.Dir, "media", name)
				file, err := os.OpenFile(path, os.O_WRONLY, 0)
				require.NoError(t, err)
				_, err = file.WriteAt(content[50:51], 50)
				require.NoError(t, err)
				require.NoError(t, file.Close())
			}
		}
		failed := outcome(t, bob, func(done func(*core.Error)) {
			bob.Download(id, func(_, _ int64) {}, func(_ core.Blob, err *core.Error) { done(err) })
		})
		require.NotNil(t, failed)
		assert.Contains(t, failed.Text, "digest")
		ranges.Store(0)
	}
}

// testRedirectedURLs fetches by media URLs: a picture from the object store, and what is played,
// in which a player seeks when a link has ended, from the gateway.
func testRedirectedURLs(t *testing.T, m *member, ranges *atomic.Int64) {
	picture, film := append([]byte("\x89PNG\r\n\x1a\n"), randomFile(100)...), append([]byte("\x1a\x45\xdf\xa3"), randomFile(100)...)
	for _, test := range []struct {
		content           []byte
		download          string
		kind, disposition string
		redirected        int64
	}{
		{picture, "", "image/png", "inline", 1},
		{picture, "Straße.png", "image/png", `attachment; filename="Stra_e.png"; filename*=UTF-8''Stra%C3%9Fe.png`, 1},
		{film, "", "video/webm", "inline", 0},
		{film, "film.webm", "video/webm", `attachment; filename="film.webm"; filename*=UTF-8''film.webm`, 1},
	} {
		answer, err := http.Get(m.mediaURL(t, m.store(t, test.content), test.download))
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		assert.Equal(t, test.content, body)
		assert.Equal(t, test.kind, answer.Header.Get("Content-Type"))
		assert.Equal(t, test.disposition, answer.Header.Get("Content-Disposition"))
		assert.Contains(t, answer.Header.Get("Cache-Control"), "private, max-age=3")
		assert.Equal(t, test.redirected, ranges.Swap(0))
	}
}

func testDoctorOfABucket(t *testing.T, program string, server *s3.Server) {
	settings := inBucket(server.URL, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--media-redirect")
	verdicts, lines, code := examine(t, program, settings...)
	assert.Equal(t, "ok", verdicts["media"], lines)
	assert.Equal(t, "fail", verdicts["redirect"], lines)
	assert.Equal(t, 1, code)
	assert.Contains(t, lines, "the CORS rule of docs/operating.md")
	require.NoError(t, server.AllowPages(t.Context(), "media"))
	verdicts, lines, code = examine(t, program, settings...)
	assert.Equal(t, "ok", verdicts["redirect"], lines)
	assert.Contains(t, lines, "that of the object store")
	assert.Zero(t, code, lines)
	names, err := server.Objects("media")
	require.NoError(t, err)
	assert.NotContains(t, strings.Join(names, "\n"), "doctor", "what it has stored is there still")

	settings[1] = strings.Replace(settings[1], "//media", "//nowhere", 1)
	verdicts, lines, _ = examine(t, program, settings...)
	assert.Equal(t, "fail", verdicts["media"], lines)
	assert.Contains(t, lines, `there is no bucket "nowhere" here: make it`)
}

// An object store that takes longer for its answers than its clock may differ has the right time all the same.
func testDoctorOfAFarBucket(t *testing.T, program string, server *s3.Server) {
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	var stored atomic.Int64
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && stored.Add(1) == 2 {
			time.Sleep(7 * time.Second) // after the answer with the time
		}
		forward.ServeHTTP(w, r)
	}))
	defer front.Close()
	settings := inBucket(front.URL, "--listen", "127.0.0.1:0", "--data", t.TempDir())
	verdicts, lines, _ := examine(t, program, settings...)
	assert.Equal(t, "ok", verdicts["media"], lines)
	assert.Equal(t, "ok", verdicts["clock"], lines)
	assert.GreaterOrEqual(t, stored.Load(), int64(2), "objects that were stored")
}

// The command of docs/operating.md, as the user that deploy/s3 has in mind.
func testPageOfABucket(t *testing.T, program string, server *s3.Server) {
	require.NoError(t, server.MakeBucket("rtm-media"))
	require.NoError(t, server.AddUser(t.Context(), "rtm", "the-secret-of-rtm", "rtm-media"))
	require.NoError(t, server.AllowPages(t.Context(), "rtm-media"))
	blocks := pageBlocks(t, "../docs/operating.md")
	i := slices.IndexFunc(blocks, func(b pageBlock) bool { return b.after == "Media in a bucket 1" })
	require.GreaterOrEqual(t, i, 0)
	require.Contains(t, blocks[i].text, "https://s3.example.org")
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	require.NoError(t, os.Symlink(program, filepath.Join(dir, "bin", "rtm-gateway")))
	page := exec.CommandContext(t.Context(), "sh", "-ec", strings.Replace(blocks[i].text, "https://s3.example.org", server.URL, 1))
	page.Dir, page.Env = dir, append(os.Environ(), "RTM_LISTEN=127.0.0.1:0")
	out, err := page.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "pages can read from the bucket")

	var rules types.BucketLifecycleConfiguration
	require.NoError(t, s3.Deployed("lifecycle.json", &rules))
	require.Len(t, rules.Rules, 2)
	assert.Equal(t, core.MediaLifetime+24*time.Hour, time.Duration(*rules.Rules[0].Expiration.Days)*24*time.Hour)
}

func testBucketsThatAreRefused(t *testing.T, program string, server *s3.Server) {
	for name, c := range map[string]struct {
		env  string
		from string
		says string
	}{
		"bucket missing":    {from: server.URL, says: "there is no bucket"},
		"wrong credentials": {env: "AWS_SECRET_ACCESS_KEY=guessed-secret", from: server.URL, says: "the secret key does not belong to the access key"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := inBucket(c.from, "--listen", "127.0.0.1:0", "--data", t.TempDir())
			if c.env == "" {
				settings[1] = strings.Replace(settings[1], "//media", "//nowhere", 1)
			}
			p := exec.CommandContext(t.Context(), program, settings...)
			p.Env = append(os.Environ(), c.env)
			out, err := p.CombinedOutput()
			require.Error(t, err)
			assert.Equal(t, 1, p.ProcessState.ExitCode())
			assert.Contains(t, string(out), "--media: "+c.says)
			assert.NotContains(t, string(out), "guessed-secret")
		})
	}
}
