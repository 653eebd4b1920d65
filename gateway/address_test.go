package gateway_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

// logged is a log that a test can read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// lines are those that contain a text.
func (l *logged) lines(contain string) (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, contain) {
			all = append(all, line)
		}
	}
	return all
}

func withLog(l *logged) func(*gateway.Config) {
	return func(c *gateway.Config) { c.Logger = slog.New(slog.NewTextHandler(l, nil)) }
}

// A proxy on a private address that nobody declared switches the limits for each address off:
// that is worth one warning.
func TestAnUndeclaredProxyIsWarnedOfOnce(t *testing.T) {
	trust := func(c *gateway.Config) { c.Limits.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }
	for name, test := range map[string]struct {
		from, forwarded string
		change          func(*gateway.Config)
		warned          int
	}{
		"loopback":           {"127.0.0.1:1", "203.0.113.9", func(*gateway.Config) {}, 1},
		"private":            {"10.1.2.3:1", "203.0.113.9", func(*gateway.Config) {}, 1},
		"declared":           {"10.1.2.3:1", "203.0.113.9", trust, 0},
		"no proxy":           {"10.1.2.3:1", "", func(*gateway.Config) {}, 0},
		"a client that lies": {"203.0.113.9:1", "192.0.2.1", func(*gateway.Config) {}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var log logged
			h := newHouse(t, nil, withLog(&log), test.change)
			for range 3 {
				r := httptest.NewRequest(http.MethodGet, "/rtm", nil)
				r.RemoteAddr = test.from
				if test.forwarded != "" {
					r.Header.Set("X-Forwarded-For", test.forwarded)
				}
				answer := httptest.NewRecorder()
				h.server.Handler().ServeHTTP(answer, r)
				require.NotEqual(t, http.StatusOK, answer.Code)
			}
			assert.Len(t, log.lines("--trusted-proxies"), test.warned)
		})
	}
}
