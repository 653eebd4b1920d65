package gateway_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

// heldLookups answers no Lookup of a user until it is told to.
type heldLookups struct {
	session.Engine
	uid   string
	began chan struct{} // gets one for each Lookup of the user
	held  chan struct{} // closed: they may go on
}

func (e *heldLookups) Lookup(ctx context.Context, user id.User) (session.Record, error) {
	if user.ID == e.uid {
		e.began <- struct{}{}
		<-e.held
	}
	return e.Engine.Lookup(ctx, user)
}

// Requests with a credential that is not yet found good count as those without one do, and so
// do preflights and requests of pages that may not.
func TestRequestsBeforeTheirCredentialIsKnownAreBounded(t *testing.T) {
	const limit, flood, other = 3, "203.0.113.1", "203.0.113.2"
	held := &heldLookups{uid: "eve", began: make(chan struct{}, limit), held: make(chan struct{})}
	h := newHouse(t, nil, func(c *gateway.Config) {
		held.Engine, c.Engine = c.Engine, held
		c.AllowOrigin = func(string) bool { return false }
		c.Limits.AddressConnections = limit
		c.Limits.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	const made = "Bearer " + appA + ".ZXZl.session.secret" // eve's, by its form
	statuses := make(chan int, limit)
	for range limit {
		go func() {
			response, _ := h.get("GET", "/media/"+strings.Repeat("ab", 32), "X-Forwarded-For", flood, "Authorization", made)
			statuses <- response.StatusCode
		}()
		<-held.began
	}
	for _, from := range []string{flood, other} {
		status := func(method, path string, header ...string) int {
			response, _ := h.get(method, path, append(header, "X-Forwarded-For", from)...)
			return response.StatusCode
		}
		expect := func(status int) int {
			if from == flood {
				return http.StatusTooManyRequests
			}
			return status
		}
		assert.Equal(t, expect(401), status("GET", "/media/", "Authorization", "Bearer nonsense"))
		assert.Equal(t, expect(401), status("GET", "/media/", "Authorization", strings.Replace(made, "ZXZl", "YWRh", 1)))
		assert.Equal(t, expect(200), status("GET", "/healthz"))
		assert.Equal(t, expect(204), status("OPTIONS", "/media/", "Origin", "https://a.example", "Access-Control-Request-Method", "PATCH"))
		assert.Equal(t, expect(403), status("GET", "/rtm", "Origin", "https://a.example"))
		assert.Equal(t, expect(404), status("GET", "/none"))
	}
	close(held.held)
	for range limit {
		assert.Equal(t, http.StatusUnauthorized, <-statuses)
	}
	require.Eventually(t, func() bool { return h.statusFor(flood, "/healthz") == http.StatusOK }, waitLimit, time.Millisecond)
}

// Transfers of a session and open WebSockets are bounded otherwise: while they go on they
// take no place of a request without a session.
func TestRequestsOfASessionLeaveTheirPlace(t *testing.T) {
	const from = "203.0.113.1"
	h := newSlowHouse(t, 1, 0)
	ada := h.login("ada")
	upload := h.raw(t, "POST /media/ HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: "+from+"\r\nAuthorization: Bearer "+ada.welcome.Credential+
		"\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 10\r\nContent-Length: 10\r\nContent-Type: application/offset+octet-stream\r\nExpect: 100-continue\r\n\r\n")
	begins := func(c net.Conn, status string) {
		t.Helper()
		answer := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
		_, err := io.ReadFull(c, answer)
		require.NoError(t, err)
		require.Contains(t, string(answer), "HTTP/1.1 "+status)
	}
	begins(upload, "100 Continue")
	socket := h.raw(t, "GET /rtm HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: "+from+
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	begins(socket, "101 ")
	require.Eventually(t, func() bool { return h.statusFor(from, "/healthz") == http.StatusOK }, waitLimit, time.Millisecond)
	_, err := upload.Write([]byte("abcdefghij"))
	require.NoError(t, err)
	begins(upload, "201 ")
}
