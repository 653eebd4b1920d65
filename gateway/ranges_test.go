package gateway_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

// Files of the SDK and of users answer ranges and conditions in the same way, that of RFC 9110.
func TestRangesOfAllContent(t *testing.T) {
	content := make([]byte, 1000)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	h := newHouse(t, nil, func(c *gateway.Config) {
		c.SDK = fstest.MapFS{"rtm.js": {}, "rtm.wasm": {Data: content}}
		c.Demo = fstest.MapFS{"picture.png": {Data: content}}
	})
	credential := "Bearer " + h.login("ada").welcome.Credential
	request, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/media/", strings.NewReader(string(content)))
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Authorization": credential, "Tus-Resumable": "1.0.0", "Upload-Length": "1000", "Content-Type": "application/offset+octet-stream",
	} {
		request.Header.Set(name, value)
	}
	created, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, created.Body.Close())
	require.Equal(t, http.StatusCreated, created.StatusCode)

	for _, path := range []string{"/sdk/rtm.wasm", "/picture.png", created.Header.Get("Location")} {
		whole, _ := h.get("HEAD", path, "Authorization", credential)
		tag := whole.Header.Get("ETag")
		require.NotEmpty(t, tag)
		for _, c := range []struct {
			name       string
			header     []string
			status     int
			first, end int // of what comes
		}{
			{"no range", nil, 200, 0, 1000},
			{"first byte", []string{"Range", "bytes=0-0"}, 206, 0, 1},
			{"middle", []string{"Range", "bytes=10-19"}, 206, 10, 20},
			{"to the end", []string{"Range", "bytes=10-"}, 206, 10, 1000},
			{"the last", []string{"Range", "bytes=-10"}, 206, 990, 1000},
			{"more than there is", []string{"Range", "bytes=990-2000"}, 206, 990, 1000},
			{"more than the last there are", []string{"Range", "bytes=-2000"}, 206, 0, 1000},
			{"behind the end", []string{"Range", "bytes=1000-"}, 416, 0, 0},
			{"behind 63 bits", []string{"Range", "bytes=99999999999999999999-"}, 416, 0, 0},
			{"to behind 63 bits", []string{"Range", "bytes=990-99999999999999999999"}, 206, 990, 1000},
			{"the last behind 63 bits", []string{"Range", "bytes=-99999999999999999999"}, 206, 0, 1000},
			{"the last nothing", []string{"Range", "bytes=-0"}, 200, 0, 1000},
			{"several", []string{"Range", "bytes=0-1,5-6"}, 200, 0, 1000},
			{"a thousand", []string{"Range", "bytes=0-0" + strings.Repeat(",1-1", 999)}, 200, 0, 1000},
			{"an unknown unit", []string{"Range", "items=0-1"}, 200, 0, 1000},
			{"capital letters", []string{"Range", "BYTES=10-19"}, 206, 10, 20},
			{"a sign", []string{"Range", "bytes=+1-5"}, 416, 0, 0},
			{"no numbers", []string{"Range", "bytes=a-b"}, 416, 0, 0},
			{"backwards", []string{"Range", "bytes=5-1"}, 416, 0, 0},
			{"nothing", []string{"Range", "bytes=-"}, 416, 0, 0},
			{"if it is the same", []string{"Range", "bytes=10-19", "If-Range", tag}, 206, 10, 20},
			{"if it is another", []string{"Range", "bytes=10-19", "If-Range", `"x"`}, 200, 0, 1000},
			{"if it has changed", []string{"If-None-Match", tag}, 304, 0, 0},
			{"if it matches not", []string{"If-Match", `"x"`}, 412, 0, 0},
		} {
			for _, method := range []string{"GET", "HEAD"} {
				t.Run(fmt.Sprint(method, " ", path[:5], " ", c.name), func(t *testing.T) {
					response, body := h.get(method, path, append(c.header, "Authorization", credential)...)
					require.Equal(t, c.status, response.StatusCode)
					switch c.status {
					case 206:
						assert.Equal(t, fmt.Sprintf("bytes %d-%d/1000", c.first, c.end-1), response.Header.Get("Content-Range"))
					case 416:
						if c.first == 0 && strings.Contains(c.name, "behind") {
							assert.Equal(t, "bytes */1000", response.Header.Get("Content-Range"))
						}
					}
					if c.status < 300 {
						assert.Equal(t, tag, response.Header.Get("ETag"))
						assert.Equal(t, "bytes", response.Header.Get("Accept-Ranges"))
						assert.NotEmpty(t, response.Header.Get("Content-Type"))
						assert.Equal(t, strconv.Itoa(c.end-c.first), response.Header.Get("Content-Length"))
						if method == "GET" {
							assert.Equal(t, string(content[c.first:c.end]), body)
						}
					}
				})
			}
		}
	}
}
