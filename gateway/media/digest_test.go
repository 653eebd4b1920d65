package media_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func reprDigest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func TestContentMustHaveTheAnnouncedDigest(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	content := string(randomBytes(11, 2<<20+9))
	first, rest := content[:1<<20+1], content[1<<20+1:]
	wrong := rest[:len(rest)-1] + string([]byte{rest[len(rest)-1] ^ 1})

	good := c.create(len(content), "Repr-Digest", reprDigest(content)).header.Get("Location")
	require.Equal(t, 204, c.patch(good, 0, strings.NewReader(first)).status)
	require.Equal(t, 204, c.patch(good, len(first), strings.NewReader(rest)).status)
	a := c.requireContent(good, []byte(content))
	assert.Equal(t, reprDigest(content), a.header.Get("Repr-Digest"))

	bad := c.create(len(content), "Repr-Digest", reprDigest(content)).header.Get("Location")
	require.Equal(t, 204, c.patch(bad, 0, strings.NewReader(first)).status)
	refused := c.patch(bad, len(first), strings.NewReader(wrong))
	assert.Equal(t, 460, refused.status)
	assert.Contains(t, string(refused.body), "Repr-Digest")
	assert.Equal(t, 404, c.do("HEAD", bad, nil).status, "it is gone")
	assert.Equal(t, 404, c.do("GET", bad, nil).status)

	small := c.createWith([]byte("abd"), 3, "Repr-Digest", reprDigest("abc"))
	assert.Equal(t, 460, small.status)
	refs, err := s.store.Unfinished(context.Background(), "")
	require.NoError(t, err)
	assert.Empty(t, refs, "no place is taken")
}

func TestARefusedUploadCanBeSentAgain(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	header := withNonce(nonceA, "Repr-Digest", reprDigest("abc"))
	require.Equal(t, 460, c.createWith([]byte("abd"), 3, header...).status)
	a := c.createWith([]byte("abc"), 3, header...)
	require.Equal(t, 201, a.status)
	c.requireContent(a.header.Get("Location"), []byte("abc"))
}

func TestAnnouncedDigestSurvivesARestart(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	path := c.create(6, "Repr-Digest", reprDigest("abcdef")).header.Get("Location")
	require.Equal(t, 204, c.patch(path, 0, strings.NewReader("abX")).status)
	s.stop()
	s.start()
	assert.Equal(t, 460, c.patch(path, 3, strings.NewReader("def")).status)
}

func TestReprDigestIsChecked(t *testing.T) {
	c := newServer(t).as(appA, "anna", "s1")
	right := reprDigest("abc")
	for header, want := range map[string]int{
		right: 201,
		"sha-512=:" + strings.Repeat("YWJj", 22) + ":, " + right: 201,
		right + ";a=1":                              201,
		"sha-512=:YWJj:":                            400,
		"sha-256=:YWJj:":                            400,
		"sha-256":                                   400,
		strings.TrimSuffix(right, ":"):              400,
		strings.Replace(right, ":", "", 1):          400,
		strings.Replace(right, "=:", "", 1):         400,
		"sha-256=:" + strings.Repeat("!", 44) + ":": 400,
		"": 400,
	} {
		a := c.create(3, "Repr-Digest", header)
		assert.Equal(t, want, a.status, "%q: %s", header, a.body)
		if want == 201 {
			path := a.header.Get("Location")
			assert.Equal(t, 460, c.patch(path, 0, bytes.NewReader([]byte("abd"))).status, header)
		} else {
			assert.Contains(t, string(a.body), "sha-256=:")
		}
	}
}
