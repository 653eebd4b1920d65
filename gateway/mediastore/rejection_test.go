package mediastore_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// slowRemoval is Files that take their time to remove what has arrived of an upload.
type slowRemoval struct {
	mediastore.Files
	begun, goOn chan struct{}
	looks       sync.WaitGroup // for the file
}

func (f *slowRemoval) Stat(ctx context.Context, app, key string) (media.Info, error) {
	defer f.looks.Done()
	return f.Files.Stat(ctx, app, key)
}

func (f *slowRemoval) RemovePart(ctx context.Context, app, key string) error {
	close(f.begun)
	<-f.goOn
	return f.Files.RemovePart(ctx, app, key)
}

// Who asks for an upload while it is being removed waits, and learns why.
func TestARejectionIsToldWhenTheUploadIsGone(t *testing.T) {
	p := newPlace(t)
	slow := &slowRemoval{Files: p.files, begun: make(chan struct{}), goOn: make(chan struct{})}
	p.files = slow
	s := p.store(t, func(o *mediastore.Options) {
		o.Checker, o.CheckWait = &judge{says: &media.Rejected{Reason: "a virus"}}, time.Minute
	})
	b := content(1, 1000)
	info := create(t, s, 1, b)
	outcomes := make(chan error)
	go func() {
		_, err := s.Append(t.Context(), info, bytes.NewReader(b))
		outcomes <- err
	}()
	<-slow.begun
	asks := []func(context.Context) (media.Info, error){
		func(ctx context.Context) (media.Info, error) { return s.Info(ctx, app, info.Key) },
		func(ctx context.Context) (media.Info, error) {
			return s.Find(ctx, app, media.KeyID(info.Key), info.Created.Truncate(time.Hour).Add(30*time.Minute)) // one look
		},
	}
	slow.looks.Add(len(asks))
	for _, ask := range asks {
		go func() {
			_, err := ask(t.Context())
			outcomes <- err
		}()
	}
	slow.looks.Wait() // neither record nor file
	close(slow.goOn)
	for range 1 + len(asks) {
		require.ErrorAs(t, <-outcomes, new(*media.Rejected))
	}
	requireNoRecord(t, p, info.Key)
}
