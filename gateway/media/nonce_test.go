package media_test

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func withNonce(nonce string, more ...string) []string {
	return append([]string{"Upload-Metadata", "filename YS5wbmc=,nonce " + base64.StdEncoding.EncodeToString([]byte(nonce))}, more...)
}

// createWith creates with a body.
func (c *client) createWith(content []byte, size int, header ...string) answer {
	c.s.t.Helper()
	header = append(header, "Upload-Length", strconv.Itoa(size), "Content-Type", chunkType)
	return c.do("POST", "/media/", bytes.NewReader(content), header...)
}

const nonceA, nonceB = "0123456789\x00\xffabcd", "0123456789\x00\xffabce"

func TestARepeatedCreationIsTheSameUpload(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	first := c.create(5, withNonce(nonceA)...)
	require.Equal(t, 201, first.status, "%s", first.body)
	path := first.header.Get("Location")

	again := c.create(5, withNonce(nonceA)...)
	require.Equal(t, 201, again.status, "%s", again.body)
	assert.Equal(t, path, again.header.Get("Location"))
	assert.Equal(t, "0", again.header.Get("Upload-Offset"))
	assert.NotEmpty(t, again.header.Get("Upload-Expires"))
	assert.Equal(t, "1.0.0", again.header.Get("Tus-Resumable"))

	head := c.do("HEAD", path, nil)
	assert.Equal(t, "filename YS5wbmc=", head.header.Get("Upload-Metadata"), "the nonce is not kept")
	require.Equal(t, 204, c.patch(path, 0, strings.NewReader("abc")).status)
	assert.Equal(t, "3", c.create(5, withNonce(nonceA)...).header.Get("Upload-Offset"))
	require.Equal(t, 204, c.patch(path, 3, strings.NewReader("de")).status)

	finished := c.create(5, withNonce(nonceA)...)
	assert.Equal(t, path, finished.header.Get("Location"))
	assert.Equal(t, "5", finished.header.Get("Upload-Offset"))
	assert.Empty(t, finished.header.Get("Upload-Expires"))
	c.requireContent(path, []byte("abcde"))
}

func TestARepeatedCreationWithABody(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(8, 256<<10)
	for _, stored := range []int{0, 1000, len(content)} {
		nonce := withNonce(nonceA + strconv.Itoa(stored))
		first := c.createWith(content[:stored], len(content), nonce...)
		require.Equal(t, 201, first.status, "%s", first.body)
		path := first.header.Get("Location")

		again := c.createWith(content, len(content), nonce...)
		require.Equal(t, 201, again.status, "%s", again.body)
		assert.Equal(t, path, again.header.Get("Location"))
		assert.Equal(t, strconv.Itoa(stored), again.header.Get("Upload-Offset"), "no byte is taken twice")
		if stored < len(content) {
			require.Equal(t, 204, c.patch(path, stored, bytes.NewReader(content[stored:])).status)
		}
		c.requireContent(path, content)
	}
}

func TestARepeatedCreationTakesOverFromTheFirst(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(9, 3<<20)
	first := c.start("POST", "/media/", withNonce(nonceA, "Upload-Length", strconv.Itoa(len(content)), "Content-Type", chunkType)...)
	first.write(content[:1<<20+5])

	again := c.createWith(nil, len(content), withNonce(nonceA)...)
	require.Equal(t, 201, again.status, "%s", again.body)
	assert.Equal(t, strconv.Itoa(1<<20+5), again.header.Get("Upload-Offset"), "what had arrived is kept")
	path := again.header.Get("Location")
	require.Equal(t, 204, c.patch(path, 1<<20+5, bytes.NewReader(content[1<<20+5:])).status)
	c.requireContent(path, content)
}

func TestNoncesAreAUsersOwn(t *testing.T) {
	s := newServer(t)
	paths := map[string]bool{}
	for _, c := range []*client{s.as(appA, "anna", "s1"), s.as(appA, "bea", "s2"), s.as(appB, "anna", "s3")} {
		for _, nonce := range []string{nonceA, nonceB} {
			paths[c.create(5, withNonce(nonce)...).header.Get("Location")] = true
		}
	}
	assert.Len(t, paths, 6)
	assert.NotContains(t, paths, "")

	other := newServer(t).as(appA, "anna", "s1").create(5, withNonce(nonceA)...)
	assert.NotContains(t, paths, other.header.Get("Location"), "another store has another secret")
}

func TestANonceOutlivesSessionAndGateway(t *testing.T) {
	s := newServer(t)
	path := s.as(appA, "anna", "s1").create(5, withNonce(nonceA)...).header.Get("Location")
	s.stop()
	s.start()
	later := s.as(appA, "anna", "s2")
	assert.Equal(t, path, later.create(5, withNonce(nonceA)...).header.Get("Location"))
	require.Equal(t, 204, later.patch(path, 0, strings.NewReader("abcde")).status)
	later.requireContent(path, []byte("abcde"))
}

func TestARepeatedCreationTakesNoPlace(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	nonces := make([]string, 9)
	for i := range nonces {
		nonces[i] = nonceA + strconv.Itoa(i)
		for range 3 {
			require.Equal(t, 201, c.create(3, withNonce(nonces[i])...).status)
		}
	}
	assert.Equal(t, 429, c.create(3, withNonce(nonceB)...).status)
	a := c.create(3, withNonce(nonces[0])...)
	require.Equal(t, 201, a.status, "not even when all are taken")
	require.Equal(t, 204, c.do("DELETE", a.header.Get("Location"), nil).status)
	assert.Equal(t, 201, c.create(3, withNonce(nonceB)...).status)
}

func TestADeletedUploadCanBeCreatedAgain(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.create(5, withNonce(nonceA)...).header.Get("Location")
	require.Equal(t, 204, c.patch(path, 0, strings.NewReader("abc")).status)
	require.Equal(t, 204, c.do("DELETE", path, nil).status)
	again := c.createWith([]byte("abcde"), 5, withNonce(nonceA)...)
	require.Equal(t, 201, again.status)
	assert.Equal(t, "5", again.header.Get("Upload-Offset"))
	c.requireContent(path, []byte("abcde"))
}

func TestNoncesAreChecked(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	require.Equal(t, 201, c.create(5, withNonce(nonceA, "Repr-Digest", reprDigest("abcde"))...).status)
	for _, tc := range []struct {
		size   int
		header []string
		want   int
		text   string
	}{
		{6, withNonce(nonceA), 409, "another upload"},
		{5, withNonce(nonceA, "Repr-Digest", reprDigest("other")), 409, "another upload"},
		{5, withNonce(nonceA, "Repr-Digest", reprDigest("abcde")), 201, ""},
		{5, withNonce(nonceA[:15]), 400, "16 to 64"},
		{5, withNonce(strings.Repeat("x", 65)), 400, "16 to 64"},
		{5, withNonce(strings.Repeat("x", 64)), 201, ""},
		{5, []string{"Upload-Concat", "partial"}, 400, "one upload"},
	} {
		a := c.create(tc.size, tc.header...)
		assert.Equal(t, tc.want, a.status, "%v", tc)
		assert.Contains(t, string(a.body), tc.text)
	}
}

func TestARepeatedPatchChangesNothing(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.created(6)
	for _, step := range []struct {
		offset int
		bytes  string
	}{{0, "abc"}, {3, "def"}} {
		require.Equal(t, 204, c.patch(path, step.offset, strings.NewReader(step.bytes)).status)
		assert.Equal(t, 409, c.patch(path, step.offset, strings.NewReader(step.bytes)).status, "the answer was lost")
		assert.Equal(t, step.offset+3, c.offset(path), "which tells how to go on")
	}
	done := c.patch(path, 6, nil)
	assert.Equal(t, 204, done.status)
	assert.Equal(t, "6", done.header.Get("Upload-Offset"))
	c.requireContent(path, []byte("abcdef"))
}

func TestDeleteByNonce(t *testing.T) {
	s := newServer(t)
	anna := s.as(appA, "anna", "s1")
	remove := func(c *client, nonce string, more ...string) int {
		return c.do("DELETE", "/media/", nil, withNonce(nonce, more...)...).status
	}
	for _, lasting := range []string{"", ",lasting"} {
		created := anna.create(5, "Upload-Metadata", withNonce(nonceA)[1]+lasting)
		require.Equal(t, 201, created.status, "%s", created.body)
		path := created.header.Get("Location")
		require.Equal(t, 204, anna.patch(path, 0, strings.NewReader("abc")).status)

		assert.Equal(t, 404, remove(s.as(appA, "bert", "s2"), nonceA), "of another user")
		assert.Equal(t, 404, remove(anna, nonceB), "another nonce")
		assert.Equal(t, 3, anna.offset(path))
		assert.Equal(t, 204, remove(s.as(appA, "anna", "s3"), nonceA), "from another session")
		assert.Equal(t, 404, anna.do("HEAD", path, nil).status)
		assert.Equal(t, 404, remove(anna, nonceA), "twice")
	}

	assert.Equal(t, 400, anna.do("DELETE", "/media/", nil).status, "no nonce")
	assert.Equal(t, 400, remove(anna, "short"))
	require.Equal(t, 201, anna.createWith([]byte("abc"), 3, withNonce(nonceA)...).status)
	assert.Equal(t, 403, remove(anna, nonceA), "a finished file stays")

	running := anna.start("POST", "/media/", withNonce(nonceB, "Upload-Length", "3000000", "Content-Type", chunkType)...)
	running.write(randomBytes(9, 1<<20))
	override := anna.do("POST", "/media/", nil, withNonce(nonceB, "X-HTTP-Method-Override", "DELETE")...)
	assert.Equal(t, 204, override.status, "while its first request is under way")
	assert.Equal(t, 404, remove(anna, nonceB))
}
