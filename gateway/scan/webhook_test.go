package scan_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/scan"
)

const secret = "0123456789abcdef"

// hook is a web hook as its author would write it, and the gateway's address that it fetches
// contents from.
type hook struct {
	t       *testing.T
	scanner *scan.Scanner
	counted *results
	answer  func(w http.ResponseWriter, r *http.Request, q question)
}

type question struct {
	App, UID, MediaID, Name, Type, SHA256, URL string
	Size                                       int64
	Expires                                    time.Time
	Ping                                       bool
}

func newHook(t *testing.T, o scan.Options, answer func(http.ResponseWriter, *http.Request, question)) *hook {
	h := &hook{t: t, answer: answer}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	mux := http.NewServeMux()
	gateway := httptest.NewServer(mux)
	t.Cleanup(gateway.Close)
	o.Secret = []byte(secret)
	o.ContentURL = gateway.URL + media.ScanPath
	h.scanner, h.counted = newScanner(t, server.URL+"/scan", o)
	mux.Handle(media.ScanPath, h.scanner)
	return h
}

// ServeHTTP verifies the signature by the text of the specification.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	assert.NoError(h.t, err)
	at, err := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
	assert.NoError(h.t, err)
	assert.WithinDuration(h.t, time.Now(), time.Unix(at, 0), 5*time.Minute)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
	assert.Equal(h.t, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), r.Header.Get("webhook-signature"))
	assert.Equal(h.t, "application/json", r.Header.Get("Content-Type"))
	var q question
	assert.NoError(h.t, json.Unmarshal(body, &q))
	h.answer(w, r, q)
}

func get(t *testing.T, url, rng string) (status int, body string) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if rng != "" {
		r.Header.Set("Range", rng)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(b)
}

func TestHookIsToldAndFetches(t *testing.T) {
	const content = "what the hook fetches"
	var url string
	h := newHook(t, scan.Options{}, func(w http.ResponseWriter, _ *http.Request, q question) {
		url = q.URL
		sum := sha256.Sum256([]byte(content))
		assert.Equal(t, question{
			App: strings.Repeat("a", 32), UID: "ada", MediaID: "0" + strings.Repeat("0123456789abcdef", 4) + "1z1z21",
			Name: "a.txt", Type: "text/plain", Size: 21, SHA256: hex.EncodeToString(sum[:]), URL: q.URL, Expires: q.Expires,
		}, q)
		assert.WithinDuration(t, time.Now().Add(scan.DefaultTimeout), q.Expires, 30*time.Second)
		for range 2 { // as often as it likes
			status, body := get(t, url, "")
			assert.Equal(t, 200, status)
			assert.Equal(t, content, body)
		}
		status, body := get(t, url, "bytes=5-7")
		assert.Equal(t, 206, status)
		assert.Equal(t, "the", body)
		fmt.Fprint(w, `{"allow":true}`)
	})
	require.NoError(t, check(h.scanner, content))
	status, _ := get(t, url, "")
	assert.Equal(t, 404, status, "the scan is over")
	status, _ = get(t, url[:strings.LastIndexByte(url, '/')+1], "")
	assert.Equal(t, 404, status, "without a token")
}

// A hook that answers while something still reads the content cuts that off.
func TestContentIsTakenBackDuringAFetch(t *testing.T) {
	content := strings.Repeat("x", 20<<20)
	taken, broke := make(chan struct{}), make(chan error, 1)
	h := newHook(t, scan.Options{}, func(w http.ResponseWriter, _ *http.Request, q question) {
		response, err := http.Get(q.URL)
		if !assert.NoError(t, err) {
			return
		}
		go func() {
			<-taken
			_, err := io.Copy(io.Discard, response.Body)
			response.Body.Close()
			broke <- err
		}()
		fmt.Fprint(w, `{"allow":true}`)
	})
	require.NoError(t, check(h.scanner, content))
	close(taken)
	assert.ErrorIs(t, <-broke, io.ErrUnexpectedEOF)
}

func TestVerdicts(t *testing.T) {
	long := strings.Repeat("reason ", 100)
	for _, c := range []struct {
		name, answer string
		status       int
		result       scan.Result
		reason       string
	}{
		{"allow", `{"allow":true}`, 200, scan.Clean, ""},
		{"allow, and more", `{"allow":true,"reason":"x","score":0.1}`, 200, scan.Clean, ""},
		{"deny", `{"allow":false,"reason":"it shows a cat"}`, 200, scan.Rejected, "it shows a cat"},
		{"deny in Chinese", `{"allow":false,"reason":"图片违规"}`, 200, scan.Rejected, "图片违规"},
		{"deny without a reason", `{"allow":false}`, 200, scan.Rejected, "no reason was given"},
		{"deny with control characters", `{"allow":false,"reason":"\u0000a\r\nb\u202ec\ud800"}`, 200, scan.Rejected, "a b c"},
		{"deny at length", `{"allow":false,"reason":"` + long + `"}`, 200, scan.Rejected, long[:200-4] + "reas"},
		{"server error", `{"allow":true}`, 500, scan.Failed, ""},
		{"no content", ``, 204, scan.Failed, ""},
		{"empty", ``, 200, scan.Failed, ""},
		{"no verdict", `{}`, 200, scan.Failed, ""},
		{"null", `null`, 200, scan.Failed, ""},
		{"another type", `{"allow":"yes"}`, 200, scan.Failed, ""},
		{"no JSON", `<html>allow</html>`, 200, scan.Failed, ""},
		{"too much", `{"allow":true}` + strings.Repeat(" ", 64<<10), 200, scan.Failed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHook(t, scan.Options{}, func(w http.ResponseWriter, _ *http.Request, q question) {
				if q.Ping {
					return
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.answer)
			})
			err := check(h.scanner, "hello")
			switch c.result {
			case scan.Clean:
				assert.NoError(t, err)
			case scan.Rejected:
				assert.Equal(t, c.reason, rejectedFor(t, err))
			default:
				assertCannotTell(t, err)
				eventually(t, func() bool { return h.scanner.Ready() == nil }, "it answers to pings, so others may try")
			}
			assert.Equal(t, 1, h.counted.of(c.result))
		})
	}
}

// A redirect could carry the signed question to somebody else.
func TestHookThatRedirects(t *testing.T) {
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, `{"allow":true}`)
	}))
	defer elsewhere.Close()
	h := newHook(t, scan.Options{}, func(w http.ResponseWriter, r *http.Request, _ question) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	assert.ErrorContains(t, check(h.scanner, "hello"), "status 307")
	assert.ErrorContains(t, h.scanner.Ping(t.Context()), "status 307")
	assert.Zero(t, asked.Load())
}

func TestHookThatIsSlow(t *testing.T) {
	h := newHook(t, scan.Options{Timeout: 100 * time.Millisecond}, func(_ http.ResponseWriter, r *http.Request, q question) {
		if !q.Ping {
			<-r.Context().Done()
		}
	})
	assert.ErrorContains(t, check(h.scanner, "hello"), "longer than 100ms")
}

// What is logged and told of a hook that can't be reached has no secret of its URL.
func TestHookThatIsAway(t *testing.T) {
	server := httptest.NewServer(nil)
	url := strings.Replace(server.URL, "://", "://user:password@", 1) + "/?key=1234"
	server.Close()
	s, _ := newScanner(t, url, scan.Options{Secret: []byte(secret)})
	err := check(s, "hello")
	assertCannotTell(t, err)
	assert.NotContains(t, err.Error(), "1234")
	assert.NotContains(t, err.Error(), "password")
	assert.NotContains(t, s.String(), "1234")
	assert.Error(t, s.Ready())
}

// The example of https://github.com/standard-webhooks/standard-webhooks: libraries that follow
// it verify our requests.
func TestSecretInBase64(t *testing.T) {
	raw := []byte("a secret of more than 16 bytes")
	seen := make(chan http.Header, 1)
	body := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen <- r.Header
		body <- string(b)
	}))
	defer server.Close()
	s, _ := newScanner(t, server.URL, scan.Options{Secret: []byte("whsec_" + base64.StdEncoding.EncodeToString(raw))})
	require.NoError(t, s.Ping(t.Context()))
	h := <-seen
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(h.Get("webhook-id") + "." + h.Get("webhook-timestamp") + "." + <-body))
	assert.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), h.Get("webhook-signature"))
}
