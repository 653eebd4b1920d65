package coretest

import (
	"bytes"
	"crypto/rand"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

// media is an upload or download, with its progress and its outcome.
type media struct {
	task     *core.Task
	progress []int64
	done     chan struct{}
	uploaded *core.Uploaded
	blob     core.Blob
	err      *core.Error
}

func (u *user) startUpload(b core.Blob, p core.UploadParams) (m *media) {
	u.w.transport.Do(func() { m = u.beginUpload(b, p) })
	return m
}

// beginUpload is startUpload for callers that are inside Do already.
func (u *user) beginUpload(b core.Blob, p core.UploadParams) *media {
	m := &media{done: make(chan struct{})}
	m.task = u.Upload(b, p, m.tell, func(up *core.Uploaded, err *core.Error) {
		m.uploaded, m.err = up, err
		close(m.done)
	})
	return m
}

func (u *user) startDownload(id string) *media {
	m := &media{done: make(chan struct{})}
	u.w.transport.Do(func() {
		m.task = u.Download(id, m.tell, func(b core.Blob, err *core.Error) {
			m.blob, m.err = b, err
			close(m.done)
		})
	})
	return m
}

func (m *media) tell(current, _ int64) { m.progress = append(m.progress, current) }

func (m *media) wait() *media {
	<-m.done
	return m
}

// checkProgress checks that the progress follows API 7.6.
func (m *media) checkProgress(t *testing.T, total int64) {
	t.Helper()
	require.NotEmpty(t, m.progress)
	assert.Zero(t, m.progress[0])
	assert.IsIncreasing(t, m.progress)
	assert.Equal(t, total, m.progress[len(m.progress)-1])
}

func (u *user) read(t *testing.T, b core.Blob) []byte {
	t.Helper()
	type outcome struct {
		b   []byte
		err error
	}
	o := wait(u, func(done func(outcome)) {
		b.Read(0, b.Size(), func(b []byte, err error) { done(outcome{b, err}) })
	})
	require.NoError(t, o.err)
	return o.b
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func mediaRoundTrip(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	for _, size := range []int{1, 1000, 300_000, 17<<20 + 5} {
		data := randomBytes(size)
		up := a.startUpload(w.transport.Bytes(data), core.UploadParams{}).wait()
		require.Nil(t, up.err)
		up.checkProgress(t, int64(size))
		down := b.startDownload(up.uploaded.MediaID).wait()
		require.Nil(t, down.err)
		down.checkProgress(t, int64(size))
		require.True(t, bytes.Equal(data, b.read(t, down.blob)), "%d bytes", size)
	}
}

func mediaMeasured(t *testing.T, w *world) {
	a := w.login(t, "a")
	var picture bytes.Buffer
	require.NoError(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 120, 80))))
	p := core.UploadParams{Image: true, Thumbnail: w.transport.Bytes([]byte("junk"))}
	p.Height = 7
	up := a.startUpload(w.transport.Bytes(picture.Bytes()), p).wait()
	require.Nil(t, up.err)
	assert.Equal(t, core.Dimensions{Width: 120, Height: 7}, up.uploaded.Dimensions, "what is given overrides, junk is 0 × 0")
	assert.True(t, strings.HasSuffix(up.uploaded.MediaID, "z7z120"))
}

// fetched collects the answer to a GET without headers.
type fetched struct {
	done   chan struct{}
	status int
	body   core.Blob
	err    error
}

// Progress implements core.HTTPListener.
func (f *fetched) Progress(int64) {}

// Answered implements core.HTTPListener.
func (f *fetched) Answered(r *core.HTTPResponse, err error) {
	if f.err = err; r != nil {
		f.status, f.body = r.Status, r.Body
	}
	close(f.done)
}

func (w *world) fetch(url string) *fetched {
	f := &fetched{done: make(chan struct{})}
	w.transport.Do(func() { w.transport.Request(&core.HTTPRequest{Method: "GET", URL: url, WantBody: true}, f) })
	<-f.done
	return f
}

func (u *user) mediaURL(id string, o core.MediaURLOptions) (url string, err *core.Error) {
	type outcome struct {
		url string
		err *core.Error
	}
	got := wait(u, func(done func(outcome)) {
		u.MediaURL(id, o, func(url string, err *core.Error) { done(outcome{url, err}) })
	})
	return got.url, got.err
}

func mediaURL(t *testing.T, w *world) {
	a, b := w.login(t, "a"), w.login(t, "b")
	data := randomBytes(1000)
	up := a.startUpload(w.transport.Bytes(data), core.UploadParams{}).wait()
	require.Nil(t, up.err)
	for _, o := range []core.MediaURLOptions{{}, {ExpiresIn: time.Minute, Download: "a file.txt"}, {ExpiresIn: core.MediaLifetime}} {
		url, err := b.mediaURL(up.uploaded.MediaID, o)
		require.Nil(t, err)
		assert.True(t, strings.HasPrefix(url, w.gateway+"/media/"), url)
		got := w.fetch(url)
		require.NoError(t, got.err)
		require.Equal(t, 200, got.status)
		require.True(t, bytes.Equal(data, b.read(t, got.body)))
		if changed := w.fetch(url + "x"); changed.err == nil {
			assert.Equal(t, 404, changed.status)
		}
	}
	_, err := a.mediaURL("0"+strings.Repeat("ab", 32)+"1z1z1000", core.MediaURLOptions{})
	require.NotNil(t, err)
	assert.Equal(t, core.Unavailable, err.Class)
	assert.Equal(t, core.DownloadMediaErrNotExist, err.Code)
}

func mediaMissing(t *testing.T, w *world) {
	a := w.login(t, "a")
	down := a.startDownload("0" + strings.Repeat("ab", 32) + "1z1z1000").wait()
	require.NotNil(t, down.err)
	assert.Equal(t, core.Unavailable, down.err.Class)
	assert.Equal(t, core.DownloadMediaErrNotExist, down.err.Code)

	down = a.startDownload("nonsense").wait()
	assert.Equal(t, core.DownloadMediaErrInvalidArgument, down.err.Code)

	up := a.startUpload(w.transport.Bytes([]byte("for this app only")), core.UploadParams{}).wait()
	require.Nil(t, up.err)
	other := (&world{gateway: w.gateway, transport: w.transport}).login(t, "a")
	down = other.startDownload(up.uploaded.MediaID).wait()
	require.NotNil(t, down.err)
	assert.Equal(t, core.DownloadMediaErrNotExist, down.err.Code)

	empty := a.startUpload(w.transport.Bytes(nil), core.UploadParams{}).wait()
	assert.Equal(t, core.UploadMediaErrInvalidArgument, empty.err.Code)
}

func mediaCancelled(t *testing.T, w *world) {
	a := w.login(t, "a")
	m := a.startUpload(w.transport.Bytes(randomBytes(20<<20)), core.UploadParams{})
	w.transport.Do(m.task.Cancel)
	m.wait()
	require.NotNil(t, m.err)
	assert.Equal(t, core.Interrupted, m.err.Class)
	assert.Equal(t, core.UploadMediaErrInterrupted, m.err.Code)
	next := a.startUpload(w.transport.Bytes([]byte("next")), core.UploadParams{}).wait()
	require.Nil(t, next.err)
}

func tenthTransfer(t *testing.T, w *world) {
	a := w.login(t, "a")
	data := w.transport.Bytes(randomBytes(1 << 20))
	var started []*media
	w.transport.Do(func() { // in one call of Do, so that no upload ends before the tenth begins
		for range core.MaxMediaTasks + 1 {
			started = append(started, a.beginUpload(data, core.UploadParams{}))
		}
	})
	tenth := started[core.MaxMediaTasks].wait()
	require.NotNil(t, tenth.err)
	assert.Equal(t, core.LimitExceeded, tenth.err.Class)
	assert.Equal(t, core.UploadMediaErrConcurrencyLimitExceeded, tenth.err.Code)
	for _, m := range started[:core.MaxMediaTasks] {
		require.Nil(t, m.wait().err, "the nine are untouched")
	}
	require.Nil(t, a.startUpload(data, core.UploadParams{}).wait().err)
}

func logoutInterrupts(t *testing.T, w *world) {
	a := w.login(t, "a")
	data := w.transport.Bytes(randomBytes(8 << 20))
	var started []*media
	out := wait(a, func(done func(*core.Error)) { // in one call of Do, so that no upload ends before the logout
		for range core.MaxMediaTasks {
			started = append(started, a.beginUpload(data, core.UploadParams{}))
		}
		a.Logout(done)
	})
	require.Nil(t, out)
	for _, m := range started {
		m.wait()
		require.NotNil(t, m.err)
		assert.Equal(t, core.Interrupted, m.err.Class)
	}
	none := a.startUpload(data, core.UploadParams{}).wait()
	assert.Equal(t, core.UploadMediaErrNotLoggedIn, none.err.Code)
}
