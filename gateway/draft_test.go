package gateway_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The offer to resume an upload reaches the client before it has sent the body, through all
// that surrounds the handler of media.
func TestResumptionIsOfferedBeforeTheBody(t *testing.T) {
	h := newStaticHouse(t)
	request := func(proto string) string {
		return "POST /media/ " + proto + "\r\nHost: x\r\nAuthorization: Bearer " + h.login("ada").welcome.Credential +
			"\r\nConnection: keep-alive\r\nUpload-Draft-Interop-Version: 8\r\nUpload-Complete: ?1\r\nContent-Length: 4\r\n\r\n"
	}
	c := h.raw(t, strings.Replace(request("HTTP/1.1"), "Connection", "Expect: 100-continue\r\nConnection", 1))
	in := bufio.NewReader(c)
	offer, err := http.ReadResponse(in, &http.Request{Method: "POST"})
	require.NoError(t, err)
	require.Equal(t, 104, offer.StatusCode)
	goOn, err := http.ReadResponse(in, &http.Request{Method: "POST"})
	require.NoError(t, err)
	require.Equal(t, 100, goOn.StatusCode, "which a client may wait for all the same")
	assert.Equal(t, "8", offer.Header.Get("Upload-Draft-Interop-Version"))
	assert.Equal(t, "1", offer.Header.Get("Rtm-Gateway"))
	path := offer.Header.Get("Location")

	_, err = io.WriteString(c, "some")
	require.NoError(t, err)
	response, err := http.ReadResponse(in, &http.Request{Method: "POST"})
	require.NoError(t, err)
	require.Equal(t, 201, response.StatusCode)
	assert.Equal(t, path, response.Header.Get("Location"))
	assert.Equal(t, "?1", response.Header.Get("Upload-Complete"))
	assert.False(t, response.Close, "the body was read to its end")

	t.Run("not to HTTP/1.0, which has no interim answers", func(t *testing.T) {
		c := h.raw(t, request("HTTP/1.0")+"some")
		assert.Equal(t, 201, answerTo(t, c, "POST").StatusCode)
	})
	t.Run("a refusal closes the connection", func(t *testing.T) {
		c := h.raw(t, strings.Replace(request("HTTP/1.1"), "Content-Length: 4", "Content-Length: 40000000", 1))
		response := answerTo(t, c, "POST")
		assert.Equal(t, 413, response.StatusCode)
		assert.True(t, response.Close)
	})
}
