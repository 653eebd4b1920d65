package media_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// However slowly clients send, what they hold of a gateway is bounded, and bounded for each
// app; the others are asked to come again, and find their place.
func TestTransfersAreBounded(t *testing.T) {
	s := newServer(t, func(s *server) { s.config.Transfers, s.config.AppTransfers = 3, 2 })
	content := randomBytes(1, 100)
	anna, ben := s.as(appA, "anna", "s1"), s.as(appB, "ben", "s2")
	path := anna.uploaded(content)
	var slow []*partial
	for range 2 {
		p := anna.startPatch(anna.created(1000), 0)
		p.write([]byte("x"))
		slow = append(slow, p)
	}
	refused := func(c *client, path string) {
		t.Helper()
		a := c.do("GET", path, nil)
		assert.Equal(t, 503, a.status)
		assert.Equal(t, "1", a.header.Get("Retry-After"))
		assert.Contains(t, string(a.body), "try again")
	}
	refused(s.as(appA, "cy", "s3"), path)
	assert.Equal(t, 503, anna.patch(anna.created(1000), 0, nil).status)
	other := ben.uploaded(content) // another app
	p := ben.startPatch(ben.created(1000), 0)
	p.write([]byte("x"))
	refused(ben, other)

	slow[0].cut()
	require.Eventually(t, func() bool { return anna.do("GET", path, nil).status == 200 }, time.Minute, 10*time.Millisecond)
	ben.requireContent(other, content)
}

// A gateway that says so takes no transfers.
func TestBusy(t *testing.T) {
	busy := false
	s := newServer(t, func(s *server) { s.config.Busy = func() bool { return busy } })
	anna := s.as(appA, "anna", "s1")
	path := anna.uploaded([]byte("abc"))
	busy = true
	assert.Equal(t, 503, anna.do("GET", path, nil).status)
	assert.Equal(t, 200, anna.do("HEAD", path, nil).status)
	busy = false
	anna.requireContent(path, []byte("abc"))
}
