package media_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

// tally is a Meter that keeps what it is told.
type tally struct {
	mu      sync.Mutex
	running int
	ended   []string
}

func (c *tally) TransferBegan(media.Direction) { c.add(1) }

func (c *tally) TransferEnded(d media.Direction, r media.Result, bytes int64) {
	c.add(-1, fmt.Sprint(d, " ", r, " ", bytes))
}

func (c *tally) add(n int, ended ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running += n
	c.ended = append(c.ended, ended...)
}

func (c *tally) has(ended string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.ended, ended)
}

func TestTransfersAreCounted(t *testing.T) {
	counts := &tally{}
	c := newServer(t, func(s *server) { s.config.Meter = counts }).as(appA, "anna", "s1")
	content := randomBytes(1, 3<<20)
	path := c.uploaded(content)
	c.requireContent(path, content)
	c.do("GET", path, nil, "Range", "bytes=0-9")
	c.do("GET", path+"x", nil)
	stranger := &client{s: c.s}
	stranger.do("GET", path, nil)
	for _, want := range []string{"upload done 3145728", "download done 3145728", "download done 10", "download refused 51"} {
		assert.Eventually(t, func() bool { return counts.has(want) }, time.Minute, time.Millisecond, "%s in %v", want, counts.ended)
	}

	p := c.startPatch(c.created(1000), 0)
	p.write(content[:100])
	counts.mu.Lock()
	assert.Equal(t, 1, counts.running)
	counts.mu.Unlock()
	p.cut()
	assert.Eventually(t, func() bool { return counts.has("upload broken 100") }, time.Minute, time.Millisecond)
	counts.mu.Lock()
	defer counts.mu.Unlock()
	assert.Zero(t, counts.running)
	assert.Len(t, counts.ended, 6)
}

func TestRequestIDs(t *testing.T) {
	var log syncBuffer
	s := newServer(t, func(s *server) { s.config.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	c := s.as(appA, "anna", "s1")
	path := c.uploaded([]byte("x"))
	assert.Equal(t, "abc-1", c.do("GET", path, nil, "X-Request-Id", "abc-1").header.Get("X-Request-Id"))
	drawn := c.do("GET", path, nil).header.Get("X-Request-Id")
	assert.Len(t, drawn, 12)
	assert.NotEqual(t, drawn, c.do("HEAD", path, nil).header.Get("X-Request-Id"))
	assert.Len(t, c.do("GET", path, nil, "X-Request-Id", `a" b="c`).header.Get("X-Request-Id"), 12, "not taken into a log")
	assert.NotEmpty(t, c.do("OPTIONS", path, nil).header.Get("X-Request-Id"))

	s.engine.Close()
	defer s.start() // for what ends it
	require.Equal(t, 503, c.do("GET", path, nil, "X-Request-Id", "abc-2").status)
	assert.Contains(t, log.String(), "request=abc-2")
	assert.NotContains(t, log.String(), c.credential)
}

// syncBuffer is a bytes.Buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
