package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// oneFile is a Store that has one finished file and takes every upload.
type oneFile struct{ content []byte }

type oneReader struct{ *bytes.Reader }

func (oneReader) Close() error { return nil }

func (r oneReader) WriteN(w io.Writer, n int64) (int64, error) { return io.CopyN(w, r.Reader, n) }

func (oneFile) BeingChecked(Ref) bool { return false }

func (f oneFile) info() Info {
	return Info{
		Ref: Ref{App: "app", Key: strings.Repeat("a", 64), Session: "s"}, UID: "ada", Size: int64(len(f.content)), Offset: int64(len(f.content)),
		Type: SafeType(f.content), Digest: sha256.Sum256(f.content), Created: time.Now(), Expires: time.Now().Add(time.Hour),
	}
}

func (oneFile) Secret() []byte { return make([]byte, 32) }

func (oneFile) Create(_ context.Context, info Info) (Info, error) { return info, nil }

func (f oneFile) Info(_ context.Context, app, key string) (Info, error) {
	if info := f.info(); info.App == app && info.Key == key {
		return info, nil
	}
	return Info{}, ErrNotFound
}

func (f oneFile) Find(ctx context.Context, app, id string, now time.Time) (Info, error) {
	return f.Info(ctx, app, Key(now, id))
}

func (f oneFile) Append(_ context.Context, info Info, src io.Reader) (Info, error) {
	n, err := io.Copy(io.Discard, src)
	info.Offset += n
	return info, err
}

func (f oneFile) Open(ctx context.Context, app, key string) (Info, Reader, error) {
	info, err := f.Info(ctx, app, key)
	return info, oneReader{bytes.NewReader(f.content)}, err
}

func (oneFile) MoveToSession(_ context.Context, info Info, _ string) (Info, error) { return info, nil }

func (oneFile) Gateway() string { return "" }

func (oneFile) AddToSession(context.Context, Info) error { return nil }

func (oneFile) Sweep(context.Context, time.Time) error { return nil }

func (oneFile) Remove(context.Context, string, string) error { return nil }

func (oneFile) Abandon(context.Context, Ref) error { return nil }

func (oneFile) Unfinished(context.Context, string) ([]Ref, error) { return nil, nil }

func (oneFile) Usage(context.Context, string, string) (int64, error) { return 0, nil }

type anybody struct{}

func (anybody) Authenticate(context.Context, string) (Principal, error) {
	return Principal{App: "app", UID: "ada", SessionID: "s"}, nil
}

// recorder takes deadlines, too.
type recorder struct{ *httptest.ResponseRecorder }

func (recorder) SetReadDeadline(time.Time) error  { return nil }
func (recorder) SetWriteDeadline(time.Time) error { return nil }

// FuzzRequest: whatever headers a request has, the answer is well-formed, leads nowhere else,
// is nothing that a browser runs, and a range holds what it says.
func FuzzRequest(f *testing.F) {
	content := []byte("<script>alert(1)</script> and some more text to be asked for in parts")
	h, err := New(Config{Store: oneFile{content}, Auth: anybody{}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(f, err)
	key := strings.Repeat("a", 64)
	names := []string{"Range", "If-Range", "If-None-Match", "Upload-Metadata", "Upload-Length", "Upload-Offset", "Repr-Digest", "Origin", "X-Request-Id",
		"X-HTTP-Method-Override", "X-Forwarded-Host", "Upload-Draft-Interop-Version", "Upload-Complete", "Content-Disposition"}
	f.Add(uint8(0), key, "bytes=3-9", "Range", `"x"`, "If-Range", []byte(nil))
	f.Add(uint8(0), key, "bytes=-0,5-", "Range", "a\r\nSet-Cookie: x", "X-Request-Id", []byte(nil))
	f.Add(uint8(1), "", "filename PHNjcmlwdD4=,nonce AAAAAAAAAAAAAAAAAAAAAA==", "Upload-Metadata", "5", "Upload-Length", []byte("abcde"))
	f.Add(uint8(2), key, "7", "Upload-Offset", "PATCH", "X-HTTP-Method-Override", []byte("abc"))
	f.Add(uint8(3), "../../etc/passwd", "evil.example", "X-Forwarded-Host", "null", "Origin", []byte(nil))
	f.Add(uint8(1), "", "?1", "Upload-Complete", "8", "Upload-Draft-Interop-Version", []byte("abcde"))
	f.Add(uint8(2), key, "70;a=b", "Upload-Offset", "3", "Upload-Draft-Interop-Version", []byte("abc"))
	f.Fuzz(func(t *testing.T, method uint8, key, value1, name1, value2, name2 string, body []byte) {
		methods := []string{"GET", "POST", "PATCH", "HEAD", "DELETE", "OPTIONS", "PUT"}
		r := &http.Request{
			Method: methods[int(method)%len(methods)], URL: &url.URL{Path: BasePath + key}, Proto: "HTTP/1.1", Host: "gw.example",
			Header: http.Header{"Authorization": {"Bearer x"}, "Tus-Resumable": {"1.0.0"}, "Content-Type": {"application/offset+octet-stream"}},
			Body:   io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		}
		for name, value := range map[string]string{name1: value1, name2: value2} {
			for _, known := range names {
				if name == known {
					r.Header.Set(name, value)
				}
				if name == "Upload-Draft-Interop-Version" {
					r.Header.Del("Tus-Resumable")
				}
			}
		}
		w := recorder{httptest.NewRecorder()}
		h.ServeHTTP(w, r)
		for name, values := range w.Header() {
			require.False(t, name != "Access-Control-Allow-Origin" && strings.ContainsAny(strings.Join(values, ""), "\r\n"), "%s: %q", name, values)
		}
		require.True(t, w.Header().Get("Location") == "" || ValidKey(strings.TrimPrefix(w.Header().Get("Location"), BasePath)), w.Header())
		require.NotContains(t, w.Header().Get("Content-Type"), "html")
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		if w.Code == http.StatusPartialContent {
			var from, last, total int
			_, err := fmt.Sscanf(w.Header().Get("Content-Range"), "bytes %d-%d/%d", &from, &last, &total)
			require.NoError(t, err)
			require.Equal(t, content[from:last+1], w.Body.Bytes())
		}
	})
}
