package media_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// draftClient does what draft-ietf-httpbis-resumable-upload says, with net/http alone.
type draftClient struct {
	*client
	version int
}

func (c *client) draft(version int) *draftClient { return &draftClient{c, version} }

// header is that of a request, for client.request: complete is "" for requests without.
func (d *draftClient) header(complete string, more ...string) []string {
	h := []string{"Tus-Resumable", "", "Upload-Draft-Interop-Version", strconv.Itoa(d.version)}
	switch {
	case complete == "":
	case d.version == 3:
		h = append(h, "Upload-Incomplete", map[string]string{"?1": "?0", "?0": "?1"}[complete])
	default:
		h = append(h, "Upload-Complete", complete)
	}
	return append(h, more...)
}

func (d *draftClient) create(body io.Reader, complete string, more ...string) answer {
	d.s.t.Helper()
	return d.do("POST", "/media/", body, d.header(complete, more...)...)
}

func (d *draftClient) append(path string, offset int, body io.Reader, complete string, more ...string) answer {
	d.s.t.Helper()
	return d.do("PATCH", path, body, d.appendHeader(offset, complete, more...)...)
}

func (d *draftClient) appendHeader(offset int, complete string, more ...string) []string {
	h := d.header(complete, "Upload-Offset", strconv.Itoa(offset))
	if d.version >= 6 {
		h = append(h, "Content-Type", "application/partial-upload")
	}
	return append(h, more...)
}

// state asks for the offset of an upload, and whether it is complete.
func (d *draftClient) state(path string) (offset int, complete bool) {
	d.s.t.Helper()
	a := d.do("HEAD", path, nil, d.header("")...)
	require.Equal(d.s.t, 204, a.status)
	assert.Equal(d.s.t, "no-store", a.header.Get("Cache-Control"))
	assert.NotEmpty(d.s.t, a.header.Get("Upload-Length"))
	assert.NotEmpty(d.s.t, a.header.Get("Upload-Limit"))
	offset, err := strconv.Atoi(a.header.Get("Upload-Offset"))
	require.NoError(d.s.t, err)
	return offset, d.complete(a)
}

// complete reads the completeness of an answer, which must tell it.
func (d *draftClient) complete(a answer) bool {
	d.s.t.Helper()
	name, yes := "Upload-Complete", "?1"
	if d.version == 3 {
		name, yes = "Upload-Incomplete", "?0"
	}
	require.Contains(d.s.t, []string{"?0", "?1"}, a.header.Get(name))
	return a.header.Get(name) == yes
}

// interim collects the interim answers of requests with the context.
func interim(ctx context.Context) (context.Context, chan http.Header) {
	all := make(chan http.Header, 10)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
		if code == 104 {
			all <- http.Header(h)
		}
		return nil
	}}), all
}

var draftVersions = []int{3, 4, 5, 6, 7, 8}

func eachDraft(t *testing.T, f func(t *testing.T, d *draftClient)) {
	for _, version := range draftVersions {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			f(t, newServer(t).as(appA, "anna", "s1").draft(version))
		})
	}
}

func TestDraftUploadsInOneRequest(t *testing.T) {
	eachDraft(t, func(t *testing.T, d *draftClient) {
		content := append([]byte("\x89PNG\r\n\x1a\n"), randomBytes(1, 2<<20)...)
		ctx, offers := interim(t.Context())
		r := d.request("POST", "/media/", bytes.NewReader(content), d.header("?1", "Upload-Length", strconv.Itoa(len(content)))...)
		response, err := d.s.http.Client().Do(r.WithContext(ctx))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, 201, response.StatusCode)
		path := response.Header.Get("Location")
		assert.True(t, d.complete(answer{header: response.Header}))
		assert.Empty(t, response.Header.Get("Tus-Resumable"))

		offer := <-offers
		assert.Equal(t, path, offer.Get("Location"))
		assert.Equal(t, strconv.Itoa(d.version), offer.Get("Upload-Draft-Interop-Version"))
		assert.Regexp(t, `^max-size=31457280, min-size=1, min-append-size=65536, max-age=86\d{3}$`, offer.Get("Upload-Limit"))
		assert.Empty(t, offer.Get("Tus-Resumable"))

		a := d.requireContent(path, content)
		assert.Equal(t, "image/png", a.header.Get("Content-Type"))
		offset, complete := d.state(path)
		assert.Equal(t, len(content), offset)
		assert.True(t, complete)
	})
}

// The connection breaks within the creation, and again within a PATCH: nothing is sent twice.
func TestDraftInterruptions(t *testing.T) {
	eachDraft(t, func(t *testing.T, d *draftClient) {
		content := randomBytes(2, 3<<20+17)
		const first, second = 1<<20 + 5, 2<<20 + 9
		ctx, offers := interim(t.Context())
		creation := d.startIn(ctx, "POST", "/media/", d.header("?1", "Upload-Length", strconv.Itoa(len(content)))...)
		path := (<-offers).Get("Location") // it is there before the body
		creation.write(content[:first])
		creation.cut()
		offset, complete := d.state(path)
		require.Equal(t, first, offset)
		require.False(t, complete)

		middle := d.start("PATCH", path, d.appendHeader(first, "?1")...)
		middle.write(content[first:second])
		middle.cut()
		offset, complete = d.state(path)
		require.Equal(t, second, offset)
		require.False(t, complete)

		a := d.append(path, second, bytes.NewReader(content[second:]), "?1")
		require.Equal(t, 201, a.status, "as the creation would have been answered: %s", a.body)
		assert.Equal(t, path, a.header.Get("Location"))
		assert.True(t, d.complete(a))
		d.requireContent(path, content)
		a = d.append(path, len(content), nil, "?1")
		assert.Equal(t, 201, a.status, "the answer may have got lost")
	})
}

// A client that gets no interim answers creates the upload first.
func TestDraftUploadsInParts(t *testing.T) {
	eachDraft(t, func(t *testing.T, d *draftClient) {
		content := randomBytes(3, 500_000)
		a := d.create(nil, "?0", "Upload-Length", strconv.Itoa(len(content)))
		require.Equal(t, 201, a.status, "%s", a.body)
		require.False(t, d.complete(a))
		path := a.header.Get("Location")
		a = d.append(path, 0, bytes.NewReader(content[:200_000]), "?0")
		require.Equal(t, 204, a.status, "%s", a.body)
		require.False(t, d.complete(a))
		assert.Equal(t, "200000", a.header.Get("Upload-Offset"))
		a = d.append(path, 200_000, unannounced(content[200_000:]), "?1")
		require.Equal(t, 201, a.status, "%s", a.body)
		require.True(t, d.complete(a))
		d.requireContent(path, content)

		a = d.create(nil, "?0", "Upload-Length", "10")
		path = a.header.Get("Location")
		require.Equal(t, 204, d.do("DELETE", path, nil, d.header("")...).status)
		assert.Equal(t, 404, d.do("HEAD", path, nil, d.header("")...).status)
		assert.Equal(t, 404, d.append(path, 0, strings.NewReader("x"), "?0").status)
	})
}

// The newer request is the client's: the older one lets go, and may not be taken for refused.
func TestDraftRequestsTakeOver(t *testing.T) {
	d := newServer(t).as(appA, "anna", "s1").draft(8)
	content := randomBytes(4, 2<<20)
	const sent = 1<<20 + 3
	for _, method := range []string{"HEAD", "PATCH", "DELETE"} {
		t.Run(method, func(t *testing.T) {
			path := d.create(nil, "?0", "Upload-Length", strconv.Itoa(len(content))).header.Get("Location")
			older := d.start("PATCH", path, d.appendHeader(0, "?1")...)
			older.write(content[:sent])
			offset := sent
			switch method {
			case "HEAD":
				offset, _ = d.state(path)
				require.Equal(t, sent, offset)
				fallthrough
			case "PATCH":
				require.Equal(t, 201, d.append(path, offset, bytes.NewReader(content[offset:]), "?1").status)
				d.requireContent(path, content)
			case "DELETE":
				require.Equal(t, 204, d.do("DELETE", path, nil, d.header("")...).status)
			}
			older.cut()
		})
	}
}

func TestDraftRequestsTakeOverFromAnotherGateway(t *testing.T) {
	a := newServer(t)
	there := a.as(appA, "anna", "s1").draft(8)
	here := there.at(a.another()).draft(8)
	content := randomBytes(4, 1<<20)
	path := there.create(nil, "?0", "Upload-Length", strconv.Itoa(len(content))).header.Get("Location")
	older := there.start("PATCH", path, there.appendHeader(0, "?1")...)
	older.write(content[:300_000])
	offset, _ := here.state(path)
	require.Equal(t, 300_000, offset)
	older.cut()
	require.Equal(t, 201, here.append(path, offset, bytes.NewReader(content[offset:]), "?1").status)
	there.requireContent(path, content)
}

func TestDraftUploadGoesOnAfterTheGatewayLetGo(t *testing.T) {
	d := newServer(t).as(appA, "anna", "s1").draft(8)
	content := randomBytes(5, 200_000)
	path := d.create(nil, "?0", "Upload-Length", strconv.Itoa(len(content))).header.Get("Location")
	running, err := net.Dial("tcp", d.s.http.Listener.Addr().String())
	require.NoError(t, err)
	defer running.Close()
	require.NoError(t, running.SetDeadline(time.Now().Add(time.Minute)))
	read := d.s.store.read.Load()
	_, err = fmt.Fprintf(running, "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nUpload-Draft-Interop-Version: 8\r\nUpload-Complete: ?1\r\n"+
		"Upload-Offset: 0\r\nContent-Type: application/partial-upload\r\nContent-Length: %d\r\n\r\n%s", path, d.credential, len(content), content[:1000])
	require.NoError(t, err)
	require.Eventually(t, func() bool { return d.s.store.read.Load() == read+1000 }, time.Minute, time.Millisecond)
	d.s.handler.StopUploads()
	rest, err := io.ReadAll(running)
	require.Empty(t, rest, "no status: a client that gets one does not go on")
	var network net.Error
	require.False(t, errors.As(err, &network) && network.Timeout(), "the connection is broken")
	offset, _ := d.state(path)
	require.Equal(t, 1000, offset)
	require.Equal(t, 201, d.append(path, offset, bytes.NewReader(content[offset:]), "?1").status)
	d.requireContent(path, content)
}

func TestDraftRefusals(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.UserBytes = 1 << 20 })
	d := s.as(appA, "anna", "s1").draft(8)
	path := d.create(nil, "?0", "Upload-Length", "10").header.Get("Location")
	require.Equal(t, 204, d.append(path, 0, strings.NewReader("0123"), "?0").status)
	done := d.create(strings.NewReader("abc"), "?1").header.Get("Location")
	wrong := "sha-256=:" + strings.Repeat("A", 43) + "=:"
	body := func(s string) io.Reader { return strings.NewReader(s) }
	for name, c := range map[string]struct {
		a      answer
		status int
		text   string
	}{
		"a version of long ago":      {d.create(body("abc"), "?1", "Upload-Draft-Interop-Version", "2"), 400, "3 to 8"},
		"no version":                 {d.create(body("abc"), "?1", "Upload-Draft-Interop-Version", "x"), 400, "3 to 8"},
		"a newer version, in parts":  {d.create(body("abc"), "?0", "Upload-Draft-Interop-Version", "9", "Upload-Length", "4"), 400, "3 to 8"},
		"no completeness":            {d.create(body("abc"), "", "Upload-Length", "3"), 400, "Upload-Complete"},
		"an odd completeness":        {d.create(body("abc"), "yes", "Upload-Length", "3"), 400, "Upload-Complete"},
		"no length":                  {d.create(body("abc"), "?0"), 411, "Upload-Length"},
		"no length, chunked":         {d.create(unannounced([]byte("abc")), "?1"), 411, "Upload-Length"},
		"two lengths":                {d.create(body("abc"), "?1", "Upload-Length", "4"), 400, "inconsistent-upload-length"},
		"more than the length":       {d.create(body("abc"), "?0", "Upload-Length", "2"), 400, "inconsistent-upload-length"},
		"empty":                      {d.create(nil, "?1"), 400, "at least one byte"},
		"too large":                  {d.create(nil, "?0", "Upload-Length", "31457281"), 413, "maximum size"},
		"over the quota":             {d.create(nil, "?0", "Upload-Length", "1048570"), 507, "this user"},
		"a wrong digest":             {d.create(body("abc"), "?1", "Repr-Digest", wrong), 460, "SHA-256"},
		"another offset":             {d.append(path, 3, body("3456789"), "?1"), 409, "mismatching-upload-offset"},
		"no offset":                  {d.append(path, 4, body("456789"), "?1", "Upload-Offset", "-1"), 400, "Upload-Offset"},
		"no completeness of a PATCH": {d.append(path, 4, body("456789"), ""), 400, "Upload-Complete"},
		"another content type":       {d.append(path, 4, body("456789"), "?1", "Content-Type", "image/png"), 415, "application/partial-upload"},
		"too little for the end":     {d.append(path, 4, body("456"), "?1"), 400, "inconsistent-upload-length"},
		"too much for the end":       {d.append(path, 4, body("4567890"), "?1"), 400, "inconsistent-upload-length"},
		"another length":             {d.append(path, 4, body("4"), "?0", "Upload-Length", "11"), 400, "inconsistent-upload-length"},
		"more than all":              {d.append(done, 3, body("d"), "?0"), 400, "inconsistent-upload-length"},
		"more than all, chunked":     {d.append(done, 3, unannounced([]byte("d")), "?0"), 400, "inconsistent-upload-length"},
		"another's":                  {s.as(appA, "ben", "s2").draft(8).append(path, 4, body("456789"), "?1"), 404, "not found"},
		"another app's":              {s.as(appB, "anna", "s3").draft(8).append(path, 4, body("456789"), "?1"), 404, "not found"},
		"no credential":              {(&client{s: s}).draft(8).create(body("abc"), "?1"), 401, "Authorization"},
		"what is complete, removed":  {d.do("DELETE", done, nil, d.header("")...), 403, "finished"},
	} {
		assert.Equal(t, c.status, c.a.status, "%s: %s", name, c.a.body)
		assert.Contains(t, string(c.a.body), c.text, name)
		assert.Empty(t, c.a.header.Get("Tus-Resumable"), name)
		if strings.HasSuffix(c.text, "-upload-length") || strings.HasSuffix(c.text, "-upload-offset") {
			var problem struct {
				Type     string `json:"type"`
				Expected int    `json:"expected-offset"`
				Provided int    `json:"provided-offset"`
			}
			require.NoError(t, json.Unmarshal(c.a.body, &problem), name)
			assert.Equal(t, "application/problem+json", c.a.header.Get("Content-Type"), name)
			assert.Equal(t, "https://iana.org/assignments/http-problem-types#"+c.text, problem.Type, name)
			if c.status == 409 {
				assert.Equal(t, "4", c.a.header.Get("Upload-Offset"))
				assert.Equal(t, []int{4, 3}, []int{problem.Expected, problem.Provided})
			}
		}
		switch c.status {
		case 413:
			assert.Contains(t, c.a.header.Get("Upload-Limit"), "max-size=31457280")
		case 415:
			assert.Equal(t, "application/partial-upload", c.a.header.Get("Accept-Patch"))
		}
	}
	require.Equal(t, 201, d.append(path, 4, body("456789"), "?1").status, "after all that")
	d.requireContent(path, []byte("0123456789"))
}

// Whoever says that the body is the end takes the upload for complete when that was stored.
func TestDraftBodyThatEndsTooEarlyIsNoEnd(t *testing.T) {
	d := newServer(t).as(appA, "anna", "s1").draft(8)
	path := d.create(nil, "?0", "Upload-Length", "10").header.Get("Location")
	a := d.append(path, 0, unannounced([]byte("01234")), "?1")
	assert.Equal(t, 400, a.status)
	assert.Contains(t, string(a.body), "inconsistent-upload-length")
	offset, complete := d.state(path)
	assert.Equal(t, 5, offset)
	assert.False(t, complete)
	require.Equal(t, 201, d.append(path, 5, unannounced([]byte("56789")), "?1").status)
}

// A client of a later version is not offered resumption, and its upload is taken all the same.
func TestDraftOfALaterVersionIsAPlainUpload(t *testing.T) {
	d := newServer(t).as(appA, "anna", "s1").draft(9)
	ctx, offers := interim(t.Context())
	r := d.request("POST", "/media/", strings.NewReader("abc"), d.header("?1")...)
	response, err := d.s.http.Client().Do(r.WithContext(ctx))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 201, response.StatusCode)
	assert.Empty(t, offers)
	assert.Empty(t, response.Header.Get("Upload-Draft-Interop-Version"))
	d.requireContent(response.Header.Get("Location"), []byte("abc"))
}

func TestDraftCreationRepeated(t *testing.T) {
	d := newServer(t).as(appA, "anna", "s1").draft(8)
	nonce := []string{"Upload-Metadata", "nonce " + strings.Repeat("QUJD", 8)}
	path := d.create(nil, "?0", append(nonce, "Upload-Length", "6")...).header.Get("Location")
	require.Equal(t, 204, d.append(path, 0, strings.NewReader("abc"), "?0").status)

	a := d.create(nil, "?0", append(nonce, "Upload-Length", "6")...)
	assert.Equal(t, 201, a.status)
	assert.Equal(t, path, a.header.Get("Location"))
	assert.Equal(t, "3", a.header.Get("Upload-Offset"))
	assert.False(t, d.complete(a))

	a = d.create(strings.NewReader("abcdef"), "?1", nonce...)
	assert.Equal(t, 409, a.status, "201 would be the end")
	assert.Equal(t, path, a.header.Get("Location"))
	assert.Equal(t, "3", a.header.Get("Upload-Offset"))
	require.Equal(t, 201, d.append(path, 3, strings.NewReader("def"), "?1").status)

	a = d.create(strings.NewReader("abcdef"), "?1", nonce...)
	assert.Equal(t, 201, a.status)
	assert.True(t, d.complete(a))
	assert.Equal(t, path, a.header.Get("Location"))
	assert.Equal(t, 409, d.create(strings.NewReader("abcd"), "?1", nonce...).status)
	d.requireContent(path, []byte("abcdef"))
}

// What the drafts tell of a file by other headers is told to tus clients as metadata.
func TestDraftMetadata(t *testing.T) {
	d := newServer(t).as(appA, "anna", "s1").draft(8)
	for _, c := range []struct {
		given []string
		want  map[string]string
	}{
		{nil, nil},
		{[]string{"Content-Type", "image/png"}, map[string]string{"filetype": "aW1hZ2UvcG5n"}},
		{[]string{"Content-Type", "image/png;x=y", "Content-Disposition", `inline; filename="ä.png"`}, map[string]string{"filetype": "aW1hZ2UvcG5n", "filename": "w6QucG5n"}},
		{[]string{"Content-Type", "bad/", "Content-Disposition", `;`, "Upload-Metadata", "filename YQ=="}, map[string]string{"filename": "YQ=="}},
		{[]string{"Content-Type", "image/png", "Upload-Metadata", "filetype YQ=="}, map[string]string{"filetype": "YQ=="}},
	} {
		a := d.create(nil, "?0", append(c.given, "Upload-Length", "3")...)
		require.Equal(t, 201, a.status, "%s", a.body)
		path := a.header.Get("Location")
		got := map[string]string(nil)
		for pair := range strings.SplitSeq(d.do("HEAD", path, nil).header.Get("Upload-Metadata"), ",") {
			if key, value, ok := strings.Cut(pair, " "); ok {
				if got == nil {
					got = map[string]string{}
				}
				got[key] = value
			}
		}
		assert.Equal(t, c.want, got, "%q", c.given)
		require.Equal(t, 204, d.do("DELETE", path, nil, d.header("")...).status)
	}
}

func TestDraftMethodOverride(t *testing.T) {
	d := newServer(t).as(appA, "anna", "s1").draft(8)
	path := d.create(nil, "?0", "Upload-Length", "3").header.Get("Location")
	a := d.do("POST", path, strings.NewReader("abc"), d.appendHeader(0, "?1", "X-HTTP-Method-Override", "PATCH")...)
	require.Equal(t, 201, a.status, "%s", a.body)
	a = d.do("POST", path, nil, d.header("", "X-HTTP-Method-Override", "HEAD")...)
	require.Equal(t, 204, a.status)
	assert.Equal(t, "3", a.header.Get("Upload-Offset"))
}

// Phones speak HTTP/2: interim answers, interruptions and evictions are frames there.
func TestDraftInterruptionsOverHTTP2(t *testing.T) {
	s := newServer(t)
	s.http.Close()
	s.http = httptest.NewUnstartedServer(s.handler)
	s.http.EnableHTTP2 = true
	s.http.StartTLS()
	d := s.as(appA, "anna", "s1").draft(8)
	content := randomBytes(7, 1<<20)
	const first = 300_001
	ctx, offers := interim(t.Context())
	creation := d.startIn(ctx, "POST", "/media/", d.header("?1", "Upload-Length", strconv.Itoa(len(content)))...)
	path := (<-offers).Get("Location")
	creation.write(content[:first])
	creation.cut()
	offset, _ := d.state(path)
	require.Equal(t, first, offset)

	older := d.start("PATCH", path, d.appendHeader(first, "?1")...)
	older.write(content[first : 2*first])
	offset, _ = d.state(path)
	require.Equal(t, 2*first, offset)
	require.Equal(t, 201, d.append(path, offset, bytes.NewReader(content[offset:]), "?1").status)
	older.cut()
	d.requireContent(path, content)
}
