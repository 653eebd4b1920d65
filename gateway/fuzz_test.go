package gateway

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzStatic: no address leads out of the files that are served, nor to a redirect.
func FuzzStatic(f *testing.F) {
	f.Add("/rtm.js", "gzip, br;q=0", "bytes=0-1")
	f.Add("/../secret", "", "bytes=-")
	f.Add("//evil.example/%2e%2e/", "*", "bytes=5-1,2-")
	files := fstest.MapFS{
		"index.html": {Data: []byte("index")}, "rtm.js": {Data: []byte("script")}, "rtm.js.gz": {Data: []byte("packed")},
		"integrity.json": {Data: []byte(`{"build":"abc","rtm.js":"x"}`)},
	}
	handler := newStatic(files, time.Minute)
	f.Fuzz(func(t *testing.T, path, accept, ranges string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{"Accept-Encoding": {accept}, "Range": {ranges}}, Proto: "HTTP/1.1"}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Less(t, w.Code, 500)
		require.Empty(t, w.Header().Get("Location"))
		for _, values := range w.Header() {
			require.False(t, strings.ContainsAny(strings.Join(values, ""), "\r\n"))
		}
	})
}
