package core

import (
	"bytes"
	"strconv"
	"strings"
	"sync"

	"github.com/stretchr/testify/assert"
)

// pattern is n bytes, no two neighbouring pieces of which are alike. Nobody may change them: all tests share
// them, because making megabytes byte by byte is slow under the race detector.
func pattern(n int) []byte {
	patternBytes.Lock()
	defer patternBytes.Unlock()
	for i := len(patternBytes.made); i < n; i++ {
		patternBytes.made = append(patternBytes.made, byte(i^i>>8^i>>16))
	}
	return patternBytes.made[:n:n]
}

// patternBytes is as much of the pattern as was asked for.
var patternBytes struct {
	sync.Mutex
	made []byte
}

func (w *world) blob(n int) *testBlob { return &testBlob{h: w.host, b: pattern(n)} }

// shown is a progress function that notes each call under the name.
func (w *world) shown(name string) func(current, total int64) {
	return func(current, total int64) {
		w.note(name + " " + strconv.FormatInt(current, 10) + "/" + strconv.FormatInt(total, 10))
	}
}

// upload uploads a file and notes progress and outcome under the name; a media id is
// noted after the outcome.
func (w *world) upload(name string, src Blob) *Task {
	return w.uploadWith(name, src, UploadParams{})
}

func (w *world) uploadWith(name string, src Blob, params UploadParams) *Task {
	done := w.promise(name)
	return w.Upload(src, params, w.shown(name), func(u *Uploaded, err *Error) {
		assert.Equal(w.t, err == nil, u != nil)
		done(err)
		if u != nil {
			w.note("id " + u.MediaID)
		}
	})
}

// download does the same for a download; the Blob is noted by size and type.
func (w *world) download(name, mediaID string) *Task {
	done := w.promise(name)
	return w.Download(mediaID, w.shown(name), func(b Blob, err *Error) {
		assert.Equal(w.t, err == nil, b != nil)
		done(err)
		if b != nil {
			w.note(strconv.FormatInt(b.Size(), 10) + " bytes of " + b.(*testBlob).mime)
			assert.True(w.t, bytes.Equal(pattern(int(b.Size())), b.(*testBlob).b), "the bytes are the uploaded ones")
		}
	})
}

// A tus gateway's answers.

// created says that the upload has the key, and has taken n bytes.
func (r *testRequest) created(key string, n int64) {
	r.t.Helper()
	r.answer(201, headers{"Location": "/media/" + key, "Upload-Offset": strconv.FormatInt(n, 10)}, nil)
}

// has says that the upload has n bytes.
func (r *testRequest) has(n int64) {
	r.t.Helper()
	status := 204
	if r.Method == "HEAD" {
		status = 200
	}
	r.answer(status, headers{"Upload-Offset": strconv.FormatInt(n, 10)}, nil)
}

// piece answers a Range request with its part of the whole.
func (r *testRequest) piece(whole []byte) {
	r.t.Helper()
	r.pieceWith(whole, headers{})
}

func (r *testRequest) pieceWith(whole []byte, header headers) {
	r.t.Helper()
	first, last := r.span()
	header["Content-Range"] = "bytes " + strconv.Itoa(first) + "-" + strconv.Itoa(last) + "/" + strconv.Itoa(len(whole))
	r.answer(206, header, whole[first:last+1])
}

// span is the range asked for.
func (r *testRequest) span() (first, last int) {
	r.t.Helper()
	from, to, _ := strings.Cut(strings.TrimPrefix(r.header("Range"), "bytes="), "-")
	first, err := strconv.Atoi(from)
	assert.NoError(r.t, err)
	last, err = strconv.Atoi(to)
	assert.NoError(r.t, err)
	return first, last
}
