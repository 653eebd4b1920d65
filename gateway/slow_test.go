package gateway_test

import (
	"io"
	"net/http"
	"net/netip"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

// newSlowHouse serves a file that is larger than what systems keep for a connection. Who
// connects is whoever X-Forwarded-For says.
func newSlowHouse(t *testing.T, limit int, answer time.Duration) *house {
	return newHouse(t, nil, func(c *gateway.Config) {
		c.AnswerTimeout = answer
		c.SDK = fstest.MapFS{"rtm.js": {Data: make([]byte, 64<<20)}}
		c.Limits.AddressConnections = limit
		c.Limits.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
}

// unread asks for the large file, and reads one byte of the answer.
func (h *house) unread(t *testing.T, address string) io.Closer {
	c := h.raw(t, "GET /sdk/rtm.js HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: "+address+"\r\n\r\n")
	_, err := io.ReadFull(c, make([]byte, 1))
	require.NoError(t, err)
	return c
}

func (h *house) statusFor(address, path string) int {
	response, _ := h.get("HEAD", path, "X-Forwarded-For", address)
	if response.StatusCode == http.StatusTooManyRequests {
		assert.NotEmpty(h.t, response.Header.Get("Retry-After"))
	}
	return response.StatusCode
}

func TestRequestsOfAnAddressAreBounded(t *testing.T) {
	h := newSlowHouse(t, 3, time.Hour)
	first := h.unread(t, "203.0.113.1")
	for range 2 {
		h.unread(t, "203.0.113.1")
	}
	for _, path := range []string{"/sdk/rtm.js", "/healthz", "/readyz"} {
		assert.Equal(t, http.StatusTooManyRequests, h.statusFor("203.0.113.1", path), path)
		assert.Equal(t, http.StatusOK, h.statusFor("203.0.113.2", path), path)
		assert.Equal(t, http.StatusOK, h.statusFor("10.0.0.1", path), "private addresses are not counted")
	}
	require.NoError(t, first.Close())
	require.Eventually(t, func() bool { return h.statusFor("203.0.113.1", "/healthz") == http.StatusOK }, waitLimit, time.Millisecond)
}

// A client that takes nothing of an answer is given up.
func TestAnswersThatNobodyReads(t *testing.T) {
	h := newSlowHouse(t, 1, 100*time.Millisecond)
	h.unread(t, "203.0.113.1")
	require.Eventually(t, func() bool { return h.statusFor("203.0.113.1", "/healthz") == http.StatusOK }, waitLimit, time.Millisecond)
}
