package media_test

import (
	"bytes"
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

// createdStore calls created when an upload was created, before what came with the request is stored.
type createdStore struct {
	media.Store
	created func(media.Info)
}

func (s createdStore) Create(ctx context.Context, info media.Info) (media.Info, error) {
	info, err := s.Store.Create(ctx, info)
	if err == nil {
		s.created(info)
	}
	return info, err
}

// A client aborts its creation, and something on the way lets it go on all the same. The client repeats it, and sends
// bytes with its next request. The first creation is late with its own, and does not put them over those.
func TestAnAbortedCreationDoesNotComeBack(t *testing.T) {
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	content := randomBytes(7, 256<<10)
	const half = 128 << 10
	repeated, patched := make(chan answer, 1), make(chan answer, 1)
	s.store.Store = createdStore{s.media, func(info media.Info) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			a := c.create(len(content), withNonce(nonceA)...)
			repeated <- a
			patched <- c.patch(a.header.Get("Location"), 0, bytes.NewReader(content[:half]))
		}()
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
			if s.handler.Waits() { // for this request to release the lock
				return
			}
		}
	}}

	first := c.createWith(content[:1000], len(content), withNonce(nonceA)...)
	assert.Equal(t, 409, first.status, "%s", first.body)
	a := <-repeated
	require.Equal(t, 201, a.status, "%s", a.body)
	path := a.header.Get("Location")
	a = <-patched
	require.Equal(t, 204, a.status, "%s", a.body)
	require.Equal(t, strconv.Itoa(half), a.header.Get("Upload-Offset"))
	require.Equal(t, half, c.offset(path))
	a = c.patch(path, half, bytes.NewReader(content[half:]))
	require.Equal(t, 204, a.status, "%s", a.body)
	c.requireContent(path, content)
}
