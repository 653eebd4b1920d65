package media_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

func TestUploadAndDownload(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	for _, size := range []int{1, 2, 1<<20 - 1, 1 << 20, 1<<20 + 1, 5<<20 + 123} {
		content := randomBytes(uint64(size), size)
		path := c.uploaded(content)
		c.requireContent(path, content)
		assert.Equal(t, size, c.offset(path))
	}
}

func TestLocationIsAPath(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	a := c.create(5, "X-Forwarded-Host", "elsewhere.example", "Forwarded", "host=elsewhere.example;proto=https")
	require.Equal(t, 201, a.status)
	assert.Regexp(t, regexp.MustCompile(`^/media/[0-9a-f]{64}$`), a.header.Get("Location"))
	assert.Equal(t, "1.0.0", a.header.Get("Tus-Resumable"))
	assert.NotEmpty(t, a.header.Get("Upload-Expires"))
}

func TestCreationWithUpload(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	content := randomBytes(1, 3<<20+7)

	whole := c.do("POST", "/media/", bytes.NewReader(content), "Upload-Length", "3145735", "Content-Type", chunkType)
	require.Equal(t, 201, whole.status, "%s", whole.body)
	assert.Equal(t, "3145735", whole.header.Get("Upload-Offset"))
	assert.Empty(t, whole.header.Get("Upload-Expires"), "finished")
	c.requireContent(whole.header.Get("Location"), content)

	first := c.do("POST", "/media/", bytes.NewReader(content[:100]), "Upload-Length", "3145735", "Content-Type", chunkType)
	require.Equal(t, 201, first.status)
	assert.Equal(t, "100", first.header.Get("Upload-Offset"))
	path := first.header.Get("Location")
	require.Equal(t, 204, c.patch(path, 100, bytes.NewReader(content[100:])).status)
	c.requireContent(path, content)
}

func TestMetadataComesBack(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	a := c.create(5, "Upload-Metadata", "filename YS5wbmc=")
	require.Equal(t, 201, a.status)
	head := c.do("HEAD", a.header.Get("Location"), nil)
	assert.Equal(t, "filename YS5wbmc=", head.header.Get("Upload-Metadata"))
	assert.Equal(t, "no-store", head.header.Get("Cache-Control"))

	a = c.create(5, "Upload-Metadata", "filename "+strings.Repeat("YS5w", 1024))
	assert.Equal(t, 400, a.status)
	assert.Contains(t, string(a.body), "4096")
}

func TestUploadLengthLimits(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	for _, tc := range []struct {
		name   string
		header []string
		want   int
		text   string
	}{
		{"one byte", []string{"Upload-Length", "1"}, 201, ""},
		{"the largest", []string{"Upload-Length", "31457280"}, 201, ""},
		{"one more", []string{"Upload-Length", "31457281"}, 413, "maximum size exceeded"},
		{"empty", []string{"Upload-Length", "0"}, 400, "at least one byte"},
		{"negative", []string{"Upload-Length", "-1"}, 400, "Upload-Length"},
		{"no number", []string{"Upload-Length", "many"}, 400, "Upload-Length"},
		{"missing", nil, 400, "Upload-Length"},
		{"deferred", []string{"Upload-Defer-Length", "1"}, 400, "send Upload-Length"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := c.do("POST", "/media/", nil, tc.header...)
			assert.Equal(t, tc.want, a.status, "%s", a.body)
			assert.Contains(t, string(a.body), tc.text)
		})
	}
	assert.Equal(t, 31457280, core.MaxMediaBytes)
}

func TestPatchIsChecked(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.created(10)
	assert.Equal(t, 409, c.patch(path, 3, strings.NewReader("abc")).status, "wrong offset")
	assert.Equal(t, 413, c.patch(path, 0, strings.NewReader("elevenbytes")).status, "too long")
	assert.Equal(t, 415, c.do("PATCH", path, strings.NewReader("abc"), "Upload-Offset", "0").status, "no content type")
	assert.Equal(t, 412, c.do("PATCH", path, strings.NewReader("abc"), "Tus-Resumable", "0.2.2", "Upload-Offset", "0").status)
	assert.Equal(t, 0, c.offset(path))
}

func TestMethodOverride(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.created(3)
	a := c.do("POST", path, strings.NewReader("abc"), "X-HTTP-Method-Override", "PATCH", "Content-Type", chunkType, "Upload-Offset", "0")
	require.Equal(t, 204, a.status, "%s", a.body)
	c.requireContent(path, []byte("abc"))
}

func TestDelete(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	path := c.created(10)
	require.Equal(t, 204, c.patch(path, 0, strings.NewReader("abc")).status)
	assert.Equal(t, 204, c.do("DELETE", path, nil).status)
	assert.Equal(t, 404, c.do("HEAD", path, nil).status)
	assert.Equal(t, 404, c.patch(path, 3, strings.NewReader("abc")).status)
	assert.Equal(t, 404, c.do("DELETE", path, nil).status)

	finished := c.uploaded([]byte("abc"))
	a := c.do("DELETE", finished, nil)
	assert.Equal(t, 403, a.status)
	assert.Contains(t, string(a.body), "cannot be deleted")
	c.requireContent(finished, []byte("abc"))
}
