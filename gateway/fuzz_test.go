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

// FuzzFromGateway: what another gateway sends is read, or refused.
func FuzzFromGateway(f *testing.F) {
	f.Add(encode(&handover{
		Seq: 7, Kept: []carriedFrame{{Seq: 7, Body: []byte("x"), Room: "room", AtMs: 1}}, Settled: []string{"r"},
		Answers: []carriedAnswer{{ID: 1, Body: []byte("y")}}, Rates: []carriedRate{{Op: 1, AtMs: []int64{1}}}, Rooms: []carriedRoom{{Channel: "room"}},
	}))
	f.Add(encode(&want{Gateway: "g", Session: "s", LastSeq: 3}))
	f.Add([]byte{0xff, 0x7f, 0x03, 0x01, 0x02, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = decode[want](data)
		h, err := decode[handover](data)
		if err != nil {
			return
		}
		s := newSession(&Server{}, User{App: "app", ID: "ada"}, "id", "secret")
		s.restore(h)
		require.Equal(t, h.Seq, s.out.last)
		require.Len(t, s.out.items, len(h.Kept))
		for op := range s.rates.by {
			s.rates.allow(op, time.Now())
		}
	})
}

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
