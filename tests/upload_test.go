package tests

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

// rolling is an upload under way, which does not end before it is released.
type rolling struct {
	progress chan int64
	uploaded chan string
	release  func()
	shown    int64 // the last progress that was looked at
}

// startUpload returns when a tenth of content is on its way. More is shown only when it is stored.
// The second half is not sent before the upload is released.
func (m *member) startUpload(t *testing.T, content []byte) *rolling {
	t.Helper()
	file := &heldFile{ReaderAt: bytes.NewReader(content), held: int64(len(content)) / 2, released: make(chan struct{})}
	r := &rolling{progress: make(chan int64, 1<<16), uploaded: make(chan string, 1), release: sync.OnceFunc(func() { close(file.released) }), shown: -1}
	t.Cleanup(r.release) // also where the test ends early: what reads would wait for ever
	m.host.Do(func() {
		m.Upload(m.host.Blob(file, int64(len(content))), core.UploadParams{}, func(n, _ int64) { r.progress <- n },
			func(up *core.Uploaded, err *core.Error) {
				if assert.Nil(t, err) {
					r.uploaded <- up.MediaID
				}
				close(r.uploaded)
			})
	})
	for r.shown < int64(len(content))/10 {
		r.shows(t, next(t, r.progress))
	}
	return r
}

// finish returns the media id when the upload has ended.
func (r *rolling) finish(t *testing.T) (id string) {
	t.Helper()
	id = next(t, r.uploaded)
	for len(r.progress) > 0 {
		r.shows(t, <-r.progress)
	}
	return id
}

func (r *rolling) shows(t *testing.T, n int64) {
	t.Helper()
	require.Greater(t, n, r.shown, "progress only rises")
	r.shown = n
}

// heldFile can be read from a place on only when it is released.
type heldFile struct {
	io.ReaderAt
	held     int64
	released chan struct{}
}

func (f *heldFile) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.held {
		<-f.released
	}
	return f.ReaderAt.ReadAt(p, off)
}
