package media_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

func TestFilesExpire(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	path := c.uploaded([]byte("abc"))
	unfinished := c.created(3)
	c.requireContent(path, []byte("abc"))
	require.Equal(t, 0, c.offset(unfinished))

	// Whether a file has expired is decided when it is read.
	s.maxAge = time.Nanosecond
	strict := s.another()
	c = c.at(strict)
	require.Equal(t, 404, c.do("GET", path, nil).status)
	require.Equal(t, 404, c.do("HEAD", unfinished, nil).status)
	_, err := strict.handler.Sweep(context.Background())
	require.NoError(t, err)
	refs, err := s.config.Store.Unfinished(context.Background(), "")
	require.NoError(t, err)
	assert.Empty(t, refs)
}

func TestSweep(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	finished, idle := c.uploaded([]byte("abc")), c.created(6)
	require.Equal(t, 204, c.patch(idle, 0, strings.NewReader("abc")).status)
	n, err := s.handler.Sweep(context.Background())
	require.NoError(t, err)
	assert.Zero(t, n, "not idle for long enough")
	require.Equal(t, 3, c.offset(idle))

	config := s.config
	config.IdleLimit, config.Gateways = time.Nanosecond, nil
	strict, err := media.New(config)
	require.NoError(t, err)
	n, err = strict.Sweep(context.Background())
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Equal(t, 404, c.do("HEAD", idle, nil).status)
	c.requireContent(finished, []byte("abc"))
}

func TestRunSweeps(t *testing.T) {
	s := newServer(t, func(s *server) {
		s.config.IdleLimit = time.Millisecond
		s.config.SweepInterval = 10 * time.Millisecond
	})
	c := s.as(appA, "anna", "s1")
	path := c.created(6)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.handler.Run(ctx) }()
	require.Eventually(t, func() bool { return c.do("HEAD", path, nil).status == 404 }, time.Minute, 10*time.Millisecond)
	cancel()
	<-done
}
