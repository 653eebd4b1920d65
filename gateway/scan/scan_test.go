package scan_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/scan"
	"rtmwasm/tests/clamd"
)

// results counts what a Scanner tells its Meter.
type results struct {
	mu sync.Mutex
	n  map[scan.Result]int
}

func (r *results) Scanned(result scan.Result, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == nil {
		r.n = map[scan.Result]int{}
	}
	r.n[result]++
}

func (r *results) of(result scan.Result) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n[result]
}

func newScanner(t *testing.T, url string, o scan.Options) (*scan.Scanner, *results) {
	r := &results{}
	o.Meter = r
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := scan.New(url, o)
	require.NoError(t, err)
	return s, r
}

// check has a Scanner look at content.
func check(s *scan.Scanner, content string) error {
	return s.Check(context.Background(), infoOf(content), strings.NewReader(content))
}

func infoOf(content string) media.Info {
	return media.Info{
		Ref: media.Ref{App: strings.Repeat("a", 32), Key: strings.Repeat("0123456789abcdef", 4)},
		UID: "ada", Metadata: map[string]string{"filename": "a.txt"}, Type: "text/plain",
		Size: int64(len(content)), Offset: int64(len(content)), Digest: sha256.Sum256([]byte(content)),
	}
}

func rejectedFor(t *testing.T, err error) string {
	t.Helper()
	var rejected *media.Rejected
	require.ErrorAs(t, err, &rejected)
	return rejected.Reason
}

// eventually waits as long as a busy machine may need.
func eventually(t *testing.T, is func() bool, what string) {
	t.Helper()
	require.Eventually(t, is, time.Minute, 5*time.Millisecond, what)
}

func TestClamd(t *testing.T) {
	d := clamd.Start(t)
	for name, url := range map[string]string{"socket": d.URL(), "TCP": fmt.Sprintf("clamd://127.0.0.1:%d", d.Port)} {
		t.Run(name, func(t *testing.T) {
			s, r := newScanner(t, url, scan.Options{})
			require.NoError(t, s.Ping(t.Context()))
			assert.NoError(t, check(s, "hello"))
			assert.NoError(t, check(s, strings.Repeat("x", core.MaxMediaBytes)), "the largest file")
			assert.Equal(t, "found "+clamd.Found, rejectedFor(t, check(s, "before "+clamd.Infected+" behind")))
			atTheEnd := strings.Repeat("x", 3<<20) + clamd.Infected
			assert.Equal(t, "found "+clamd.Found, rejectedFor(t, check(s, atTheEnd)))
			assert.Equal(t, map[scan.Result]int{scan.Clean: 2, scan.Rejected: 2}, r.n)
			assert.NoError(t, s.Ready())
		})
	}
}

// What is larger than clamd's limit is rejected for good: it won't be smaller the next time.
func TestClamdSizeLimit(t *testing.T) {
	d := clamd.Start(t, "StreamMaxLength 1M")
	s, _ := newScanner(t, d.URL(), scan.Options{})
	assert.NoError(t, check(s, strings.Repeat("x", 1<<20)))
	for range 20 { // it hangs up while we are sending, sooner or later
		assert.Equal(t, "the scanner takes no files of this size", rejectedFor(t, check(s, strings.Repeat("x", 5<<20))))
	}
	assert.NoError(t, s.Ready(), "others may go on")
}

// clamd looks at all of the largest file, and calls nothing clean that it has not looked at.
func TestClamdLooksAtAll(t *testing.T) {
	large := clamd.Infected + strings.Repeat("x", core.MaxMediaBytes-len(clamd.Infected))
	for conf, reason := range map[string]string{
		"":                "found " + clamd.Found,
		"MaxFileSize 25M": "found Heuristics.Limits.Exceeded.MaxFileSize", // as Debian sets it
	} {
		s, _ := newScanner(t, clamd.Start(t, conf).URL(), scan.Options{})
		assert.Equal(t, reason, rejectedFor(t, check(s, large)))
	}
}

func TestClamdKilledDuringAScan(t *testing.T) {
	d := clamd.Start(t)
	s, r := newScanner(t, d.URL(), scan.Options{})
	d.Pause() // it takes what the socket's buffers hold, no more
	content := &watched{Reader: strings.NewReader(strings.Repeat("x", 10<<20))}
	failed := make(chan error)
	go func() { failed <- s.Check(context.Background(), infoOf(strings.Repeat("x", 10<<20)), content) }()
	eventually(t, content.wasRead, "the scan begins")
	d.Kill()
	assertCannotTell(t, <-failed)
	assert.Error(t, s.Ready())
	assert.Error(t, s.Ping(t.Context()))

	d.Start()
	eventually(t, func() bool { return s.Ready() == nil }, "it is found again without a scan")
	assert.NoError(t, check(s, "hello"))
	assert.Equal(t, map[scan.Result]int{scan.Failed: 1, scan.Clean: 1}, r.n)
}

func assertCannotTell(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	var rejected *media.Rejected
	assert.NotErrorAs(t, err, &rejected)
}

// watched tells whether it was read.
type watched struct {
	*strings.Reader
	mu   sync.Mutex
	read bool
}

func (w *watched) ReadAt(p []byte, off int64) (int, error) {
	w.mu.Lock()
	w.read = true
	w.mu.Unlock()
	return w.Reader.ReadAt(p, off)
}

func (w *watched) wasRead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.read
}

func TestAwayFromTheStart(t *testing.T) {
	d := clamd.New(t)
	s, r := newScanner(t, d.URL(), scan.Options{})
	assert.NoError(t, s.Ready(), "nobody has tried")
	assertCannotTell(t, check(s, "hello"))
	assert.Error(t, s.Ready())
	d.Start()
	assert.NoError(t, check(s, "hello"))
	assert.NoError(t, s.Ready(), "a scan that succeeds tells it, too")
	assert.Equal(t, map[scan.Result]int{scan.Failed: 1, scan.Clean: 1}, r.n)
}

func TestAwayAndPassed(t *testing.T) {
	d := clamd.Start(t)
	s, r := newScanner(t, d.URL(), scan.Options{AcceptUnscanned: true, Timeout: 200 * time.Millisecond})
	d.Pause()
	assert.NoError(t, check(s, clamd.Infected), "it took too long")
	d.Kill()
	assert.NoError(t, check(s, clamd.Infected), "it is away")
	assert.NoError(t, s.Ready(), "uploads may begin")
	assert.Equal(t, 2, r.of(scan.Passed))
	d.Start()
	eventually(t, func() bool { return check(s, clamd.Infected) != nil }, "it is back")
	assert.Positive(t, r.of(scan.Rejected))
}

func TestSlowScan(t *testing.T) {
	d := clamd.Start(t)
	s, r := newScanner(t, d.URL(), scan.Options{Timeout: 100 * time.Millisecond})
	d.Pause()
	err := check(s, "hello")
	assertCannotTell(t, err)
	assert.ErrorContains(t, err, "longer than 100ms")
	d.Resume()
	eventually(t, func() bool { return s.Ready() == nil }, "it answers to a ping")
	assert.Equal(t, 1, r.of(scan.Failed))
}

// Who waits for a free connection is not let in when the time is over.
func TestConnectionsAreBounded(t *testing.T) {
	d := clamd.Start(t)
	s, _ := newScanner(t, d.URL(), scan.Options{Connections: 1, Timeout: time.Minute})
	d.Pause()
	content := &watched{Reader: strings.NewReader("hello")}
	first := make(chan error)
	go func() { first <- s.Check(context.Background(), infoOf("hello"), content) }()
	eventually(t, content.wasRead, "the first has the connection")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	second := &watched{Reader: strings.NewReader("hello")}
	assert.ErrorContains(t, s.Check(ctx, infoOf("hello"), second), "in use")
	assert.False(t, second.wasRead())
	assert.NoError(t, s.Ready(), "who gave up says nothing about the scanner")
	d.Resume()
	assert.NoError(t, <-first)
}

func TestURLs(t *testing.T) {
	secret := []byte("0123456789abcdef")
	for url, ok := range map[string]bool{
		"clamd://127.0.0.1:3310":            true,
		"clamd://127.0.0.1":                 true,
		"clamd://[::1]:3310/":               true,
		"clamd:///run/clamav/clamd.ctl":     true,
		"clamd:":                            false,
		"clamd://":                          false,
		"clamd:///":                         false,
		"clamd://user@127.0.0.1:3310":       false,
		"clamd://127.0.0.1:3310/run/x":      false,
		"clamd:run/clamd.ctl":               false,
		"https://hook.example.com/scan?a=b": true,
		"http://127.0.0.1:9000":             true,
		"https:///scan":                     false,
		"ftp://127.0.0.1":                   false,
		"127.0.0.1:3310":                    false,
		"/run/clamav/clamd.ctl":             false,
		"\x7f":                              false,
		"":                                  false,
	} {
		_, err := scan.New(url, scan.Options{Secret: secret})
		if ok {
			assert.NoError(t, err, url)
		} else {
			assert.ErrorContains(t, err, "it must be such as clamd://", url)
		}
	}
	for _, secret := range []string{"", "0123456789abcde", "whsec_no Base64", "whsec_c2hvcnQ="} {
		_, err := scan.New("https://hook.example.com", scan.Options{Secret: []byte(secret)})
		assert.ErrorContains(t, err, "secret", secret)
	}
	assert.Equal(t, "https://hook.example.com", scan.Redacted("https://user:password@hook.example.com/scan?key=1"))
	assert.Equal(t, "clamd:///run/clamav/clamd.ctl", scan.Redacted("clamd:///run/clamav/clamd.ctl"))
	assert.Equal(t, "clamd://127.0.0.1:3310", scan.Redacted("clamd://user:password@127.0.0.1:3310?key=1"))
}

// Content that cannot be read is no matter of the scanner's.
func TestUnreadableContent(t *testing.T) {
	d := clamd.Start(t)
	s, _ := newScanner(t, d.URL(), scan.Options{})
	err := s.Check(t.Context(), infoOf("hello"), broken{})
	assert.ErrorContains(t, err, "read the content: broken")
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, fmt.Errorf("broken") }
