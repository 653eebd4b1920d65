package gateway_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
	"rtmwasm/gateway/session"
)

// addresses has for each address of the gateway one that is served and one that is not.
var addresses = map[string][]string{
	"/rtm":       {"/rtm", "/rtm/x"},
	"/healthz":   {"/healthz", "/healthz?x"},
	"/readyz":    {"/readyz", "/readyz?x"},
	"/sdk/":      {"/sdk/rtm.wasm", "/sdk/none"},
	"/media/":    {"/media/", "/media/" + strings.Repeat("0", 64)},
	"/":          {"/", "/none"},
	"/demo.json": {"/demo.json", "/demo.json?x"},
}

// everyAddress fails when the gateway has an address that is not listed.
func everyAddress(t testing.TB, h *house) (all []string) {
	require.ElementsMatch(t, h.server.Patterns(), slices.Collect(maps.Keys(addresses)))
	for _, paths := range addresses {
		all = append(all, paths...)
	}
	return all
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// unsent are headers that announce a body; after them comes less than that, or nothing.
var unsent = map[string]string{
	"three bytes":        "Content-Length: 3\r\n\r\n",
	"a part of it":       "Content-Length: 1000\r\n\r\nsome",
	"as large as a file": "Content-Length: 30000000\r\n\r\nsome",
	"chunked, nothing":   "Transfer-Encoding: chunked\r\n\r\n",
	"chunked, a part":    "Transfer-Encoding: chunked\r\n\r\n10\r\nsome",
	"chunked, no end":    "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
	"an upgrade": "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Length: 3\r\n\r\n",
}

// raw connects without the help of an HTTP client, and writes. What is read must come within
// waitLimit.
func (h *house) raw(t testing.TB, text string) net.Conn {
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(h.url, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(waitLimit)))
	_, err = io.WriteString(c, text)
	require.NoError(t, err)
	return c
}

// answerTo reads the answer of a raw connection, but no body.
func answerTo(t testing.TB, c net.Conn, method string) *http.Response {
	response, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	require.NoError(t, err, "no answer came")
	return response
}

// A body that is announced and does not come delays no answer: here the gateway would wait
// an hour for it.
func TestBodiesThatDoNotCome(t *testing.T) {
	h := newStaticHouse(t, func(c *gateway.Config) { c.BodyTimeout = time.Hour })
	credential := h.login("ada").welcome.Credential
	for _, path := range everyAddress(t, h) {
		for name, rest := range unsent {
			for _, method := range methods {
				t.Run(fmt.Sprint(method, " ", path, " ", name), func(t *testing.T) {
					c := h.raw(t, method+" "+path+" HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n"+rest)
					response := answerTo(t, c, method)
					assert.GreaterOrEqual(t, response.StatusCode, 400)
					assert.True(t, response.Close, "the connection can't be used again")
				})
			}
		}
	}
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"no file":         {"PATCH " + addresses["/media/"][1] + " HTTP/1.1\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n", 404},
		"no such method":  {"PUT /media/ HTTP/1.1\r\n", 413},
		"no length":       {"POST /media/ HTTP/1.1\r\n", 400},
		"too large":       {"POST /media/ HTTP/1.1\r\nUpload-Length: 40000000\r\n", 413},
		"a body too many": {"GET " + addresses["/media/"][1] + " HTTP/1.1\r\n", 413},
	} {
		for _, form := range []string{"three bytes", "a part of it", "chunked, nothing", "chunked, a part"} {
			t.Run("with a credential, "+name+", "+form, func(t *testing.T) {
				conn := h.raw(t, c.request+"Host: x\r\nAuthorization: Bearer "+credential+"\r\nTus-Resumable: 1.0.0\r\n"+unsent[form])
				assert.Equal(t, c.status, answerTo(t, conn, "GET").StatusCode)
			})
		}
	}
}

// A request whose body was read to its end leaves the connection as it was.
func TestBodiesThatCome(t *testing.T) {
	h := newStaticHouse(t)
	credential := h.login("ada").welcome.Credential
	common := " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + credential + "\r\nTus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"
	c := h.raw(t, "")
	r := bufio.NewReader(c)
	ask := func(text string) *http.Response {
		_, err := io.WriteString(c, text)
		require.NoError(t, err)
		response, err := http.ReadResponse(r, nil)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		assert.False(t, response.Close)
		return response
	}
	for _, body := range []string{"Content-Length: 4\r\n\r\nsome", "Transfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n0\r\n\r\n"} {
		response := ask("POST /media/" + common + "Upload-Length: 8\r\n" + body)
		require.Equal(t, http.StatusCreated, response.StatusCode)
		path := response.Header.Get("Location")
		require.Equal(t, http.StatusNoContent, ask("PATCH "+path+common+"Upload-Offset: 4\r\n"+body).StatusCode)
		require.Equal(t, http.StatusOK, ask("GET "+path+common+"\r\n").StatusCode)
	}
	require.Equal(t, http.StatusOK, ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").StatusCode)
}

// After the answer the connection is kept for a while only.
func TestBodiesThatDoNotComeHoldNothing(t *testing.T) {
	h := newStaticHouse(t, withTimes(session.Times{Hello: 50 * time.Millisecond}), func(c *gateway.Config) { c.BodyTimeout = 50 * time.Millisecond })
	for _, path := range everyAddress(t, h) {
		for name, rest := range unsent {
			t.Run(path+" "+name, func(t *testing.T) {
				t.Parallel()
				for _, method := range []string{"GET", "POST"} {
					requireEnd(t, h.raw(t, method+" "+path+" HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\n"+rest))
				}
			})
		}
		t.Run(path+" slow header", func(t *testing.T) {
			t.Parallel()
			requireEnd(t, h.raw(t, "GET "+path+" HTTP/1.1\r\nHost: x\r\nX-Slow: "))
		})
	}
}

// requireEnd reads to the end of a connection.
func requireEnd(t testing.TB, c net.Conn) {
	if _, err := io.Copy(io.Discard, c); err != nil {
		requireNoTimeout(t, err)
	}
}

// requireNoTimeout fails where the gateway kept a connection that it should have ended.
func requireNoTimeout(t testing.TB, err error) {
	var network net.Error
	require.False(t, errors.As(err, &network) && network.Timeout(), "the gateway keeps the connection")
}

// Complaints of net/http are warnings, except failed TLS handshakes.
func TestServerLog(t *testing.T) {
	var out bytes.Buffer
	server := gateway.NewHTTPServer(http.NotFoundHandler(), slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	server.ErrorLog.Printf("http: TLS handshake error from 192.0.2.1:4711: EOF")
	server.ErrorLog.Printf("http: Accept error: too many open files")
	assert.Regexp(t, `level=DEBUG msg="http: TLS handshake error from 192.0.2.1:4711: EOF"\n`, out.String())
	assert.Regexp(t, `level=WARN msg="http: Accept error: too many open files"\n`, out.String())
}

// A handler whose deadline for reading has passed while it had nothing more to read leaves a connection whose
// context has ended. The next request on it is served all the same, and is its last.
func TestRequestAfterAReadDeadline(t *testing.T) {
	web := httptest.NewUnstartedServer(nil)
	web.Config = gateway.NewHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			require.NoError(t, http.NewResponseController(w).SetReadDeadline(time.Now()))
			<-r.Context().Done()
		}
		fmt.Fprint(w, r.RemoteAddr, " ", r.Context().Err())
	}), quiet)
	web.Start()
	defer web.Close()
	get := func(path string) string {
		resp, err := web.Client().Get(web.URL + path)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(body)
	}
	connection, _, _ := strings.Cut(get("/late"), " ")
	assert.Equal(t, connection+" <nil>", get("/"))
	assert.NotContains(t, get("/"), connection)
}
