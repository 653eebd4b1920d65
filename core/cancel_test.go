package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const canceled = "up: RtmInterruptedError 6"

func TestCancelBeforeTheTaskStarts(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(10)).Cancel()
		assert.Equal(t, []string{canceled}, w.taken(), "at once")
		w.host.pass(5 * time.Second)
		assert.Empty(t, w.taken())
		assert.Empty(t, w.host.requests)
	})
}

func TestCancelText(t *testing.T) {
	inSession(t, func(w *world) {
		var up, down *Error
		w.Upload(w.blob(10), UploadParams{}, w.shown("up"), func(_ *Uploaded, err *Error) { up = err }).Cancel()
		w.Download("0"+testKey+"1z1z10", w.shown("down"), func(_ Blob, err *Error) { down = err }).Cancel()
		assert.Equal(t, " Error Code 6 - Uploading canceled.", up.Error())
		assert.Equal(t, " Error Code 6 - Downloading canceled.", down.Error())
	})
}

func TestCancelWhileQueued(t *testing.T) {
	inSession(t, func(w *world) {
		for range runningTasks {
			w.upload("running", w.blob(10))
		}
		queued := w.upload("up", w.blob(10))
		w.upload("next", w.blob(10))
		w.host.settle()
		w.taken()
		queued.Cancel()
		assert.Equal(t, []string{canceled}, w.taken())
		w.host.outstanding()[0].created(testKey, 10)
		w.host.settle()
		assert.Contains(t, w.taken(), "next 0/10", "the one behind moves up")
		assert.Len(t, w.host.outstanding(), runningTasks)
	})
}

// The request is let go on, for only its answer tells what to remove.
func TestCancelInCreate(t *testing.T) {
	for name, size := range map[string]int{"with body": 10, "without": bigUpload} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				task := w.upload("up", w.blob(size))
				r := w.host.only("POST")
				w.taken()
				task.Cancel()
				assert.Equal(t, []string{canceled}, w.taken())
				assert.False(t, r.aborted)
				r.progress(5)
				r.created(testKey, 0)
				r = w.host.only("DELETE")
				assert.Equal(t, "https://gw.example/media/"+testKey, r.URL)
				assert.Equal(t, "Bearer credential of s1", r.header("Authorization"))
				r.answer(204, nil, nil)
				w.host.pass(5 * time.Second)
				assert.Empty(t, w.taken())
				assert.Empty(t, w.host.outstanding())
			})
		})
	}
}

// A large body does not go on to use up the line. Its upload is asked for, and removed.
func TestCancelOfALargeUploadInOneRequest(t *testing.T) {
	for _, connected := range []bool{true, false} {
		inSession(t, func(w *world) {
			w.inOneRequest()
			task := w.upload("up", w.blob(bigUpload))
			r := w.host.only("POST")
			r.progress(1000)
			if !connected {
				w.interrupt()
			}
			task.Cancel()
			assert.True(t, r.aborted)
			if !connected {
				assert.Empty(t, w.host.outstanding())
				w.redialled()
				w.resumed()
			}
			removal := w.host.only("DELETE")
			assert.Equal(t, "https://gw.example/media/", removal.URL)
			assert.Equal(t, r.header("Upload-Metadata"), removal.header("Upload-Metadata"), "its key is not known")
			removal.answer(204, nil, nil)
			w.host.pass(5 * time.Second)
			assert.Empty(t, w.host.outstanding())
		})
	}
}

// A nonce names the upload of another login, whose key is not known.
func TestDiscard(t *testing.T) {
	const nonce = "0123456789abcdefghijklmn"
	for _, status := range []int{204, 404, 403} { // removed; not there; finished, which nothing removes
		inSession(t, func(w *world) {
			w.Discard(nonce, w.promise("discard"))
			r := w.host.only("DELETE")
			assert.Equal(t, "https://gw.example/media/", r.URL)
			assert.Equal(t, "nonce "+nonce, r.header("Upload-Metadata"))
			r.fail()
			for range 3 { // the connection stays
				w.alive(discardRetryCap)
				assert.Empty(t, w.taken(), "nobody knows whether it is there")
				w.host.only("DELETE").answer(423, nil, nil)
			}
			w.interrupt()
			w.redialled()
			w.resumed()
			w.forget()
			w.host.only("DELETE").answer(status, nil, nil)
			assert.Equal(t, []string{"discard: ok"}, w.taken())
		})
	}
}

// The removal by the nonce may overtake the creation, which then is removed by its key.
func TestCancelInCreateOfALastingUpload(t *testing.T) {
	inSession(t, func(w *world) {
		task := w.uploadWith("up", w.blob(10), UploadParams{Nonce: "0123456789abcdefghijklmn"})
		r := w.host.only("POST")
		task.Cancel()
		w.host.settle()
		require.Len(t, w.host.outstanding(), 2)
		w.host.outstanding()[1].answer(404, nil, nil)
		r.created(testKey, 0)
		removal := w.host.only("DELETE")
		assert.Equal(t, "https://gw.example/media/"+testKey, removal.URL)
		removal.answer(204, nil, nil)
		assert.Empty(t, w.host.outstanding())
	})
}

func TestCancelInCreateThatFails(t *testing.T) {
	inSession(t, func(w *world) {
		task := w.upload("up", w.blob(10))
		r := w.host.only("POST")
		task.Cancel()
		r.fail()
		assert.Empty(t, w.host.outstanding(), "nothing to remove")

		task = w.upload("up", w.blob(10))
		r = w.host.only("POST")
		task.Cancel()
		r.answer(413, nil, nil)
		assert.Empty(t, w.host.outstanding(), "nothing to remove")
	})
}

func TestCancelInPatch(t *testing.T) {
	for name, sent := range map[string]int64{"half-way": 5, "between the last byte and the answer": bigUpload} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				task := w.upload("up", w.blob(bigUpload))
				w.host.only("POST").created(testKey, 0)
				r := w.host.only("PATCH")
				r.progress(sent)
				w.taken()
				task.Cancel()
				task.Cancel()
				assert.Equal(t, []string{canceled}, w.taken(), "once")
				assert.True(t, r.aborted)
				w.host.only("DELETE").answer(204, nil, nil)
			})
		})
	}
}

func TestCancelWhileWaitingToTryAgain(t *testing.T) {
	inSession(t, func(w *world) {
		task := w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		w.host.only("PATCH").fail()
		task.Cancel()
		w.host.only("DELETE").answer(204, nil, nil)
		w.host.pass(5 * time.Second)
		assert.Empty(t, w.host.outstanding())
	})
}

func TestCancelAfterTheEnd(t *testing.T) {
	inSession(t, func(w *world) {
		task := w.upload("up", w.blob(10))
		w.host.only("POST").created(testKey, 10)
		w.taken()
		task.Cancel()
		w.host.settle()
		assert.Empty(t, w.taken())
		assert.Empty(t, w.host.outstanding(), "what was stored stays")
	})
}

func TestCancelInsideProgress(t *testing.T) {
	t.Run("at 0", func(t *testing.T) {
		inSession(t, func(w *world) {
			task := w.upload("up", w.blob(10))
			w.on["up 0/10"] = func() { task.Cancel() }
			w.host.pass(5 * time.Second)
			assert.Equal(t, []string{"up 0/10", canceled}, w.taken())
			assert.Empty(t, w.host.requests)
		})
	})
	t.Run("half-way", func(t *testing.T) {
		inSession(t, func(w *world) {
			task := w.upload("up", w.blob(bigUpload))
			w.host.only("POST").created(testKey, 0)
			r := w.host.only("PATCH")
			w.on["up 5/263144"] = func() { task.Cancel() }
			r.progress(5)
			assert.True(t, r.aborted)
			assert.Equal(t, []string{"up 0/263144", "up 5/263144", canceled}, w.taken())
			w.host.only("DELETE")
		})
	})
	t.Run("at the total", func(t *testing.T) {
		inSession(t, func(w *world) {
			task := w.upload("up", w.blob(10))
			r := w.host.only("POST")
			w.on["up 10/10"] = func() { task.Cancel() }
			r.created(testKey, 10)
			assert.Equal(t, []string{"up 0/10", "up 10/10", canceled}, w.taken())
			w.host.only("DELETE")
		})
	})
}

// One task's progress callback may cancel another that would start next.
func TestCancelOfAQueuedTaskInsideProgress(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("first", w.blob(10))
		second := w.download("second", "0"+testKey+"1z1z10")
		w.upload("third", w.blob(10))
		w.on["first 0/10"] = func() { second.Cancel() }
		w.host.settle()
		assert.Equal(t, []string{"first 0/10", "second: RtmInterruptedError 6", "third 0/10"}, w.taken())
		for _, r := range w.host.outstanding() {
			assert.Equal(t, "POST", r.Method, "the download makes no request")
		}
	})
}

func TestDeleteIsRepeated(t *testing.T) {
	fails := map[string]func(*testRequest){
		"no answer": func(r *testRequest) { r.fail() },
		"put off":   func(r *testRequest) { r.answer(503, nil, nil) },
	}
	for name, fail := range fails {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				task := w.upload("up", w.blob(bigUpload))
				w.host.only("POST").created(testKey, 0)
				w.host.only("PATCH")
				task.Cancel()
				fail(w.host.only("DELETE"))
				w.alive(discardRetryCap)
				fail(w.host.only("DELETE"))

				w.interrupt()
				w.redialled()
				w.resumed()
				r := w.host.only("DELETE")
				assert.Equal(t, "https://gw.example/media/"+testKey, r.URL)
				r.answer(404, nil, nil)
				w.interrupt()
				w.redialled()
				w.resumed()
				assert.Empty(t, w.host.outstanding(), "gone is gone")
			})
		})
	}
}

func TestCancelWhileReconnecting(t *testing.T) {
	inSession(t, func(w *world) {
		task := w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		w.host.only("PATCH")
		w.interrupt()
		w.taken()
		task.Cancel()
		assert.Equal(t, []string{canceled}, w.taken())
		assert.Empty(t, w.host.outstanding())
		w.redialled()
		w.resumed()
		w.host.only("DELETE")
	})
}

func TestDeleteOfAFormerSessionIsForgotten(t *testing.T) {
	inSession(t, func(w *world) {
		task := w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		task.Cancel()
		r := w.host.only("DELETE")
		require.Nil(t, w.LogoutNow())
		w.host.pass(time.Second)
		w.Login("alice", testToken, w.promise("login"))
		w.welcome("s2")
		r.fail()
		w.interrupt()
		w.redialled()
		w.resumed()
		assert.Empty(t, w.host.outstanding())
	})
}
