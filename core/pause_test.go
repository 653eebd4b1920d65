package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

func TestUploadPausesWhileReconnecting(t *testing.T) {
	for _, resumed := range []bool{true, false} {
		inSession(t, func(w *world) {
			w.upload("up", w.blob(bigUpload))
			w.host.only("POST").created(testKey, 0)
			r := w.host.only("PATCH")
			r.progress(1000)
			w.interrupt()
			assert.True(t, r.aborted)
			w.host.pass(5 * time.Second)
			assert.Empty(t, w.host.outstanding())
			w.forget()
			credential := "Bearer credential of s1"
			if resumed {
				w.resumed()
			} else {
				w.welcome("s2")
				credential = "Bearer credential of s2"
			}
			r = w.host.only("HEAD")
			assert.Equal(t, credential, r.header("Authorization"))
			r.has(500)
			r = w.host.only("PATCH")
			assert.Equal(t, "500", r.header("Upload-Offset"))
			r.has(bigUpload)
			assert.Equal(t, []string{"CONNECTED LOGIN_SUCCESS", "up 263144/263144", "up: ok", "id 0" + testKey + "1z1z263144"}, w.taken(), "no second 0")
		})
	}
}

// A create interrupted by the pause is repeated, and names the same upload.
func TestCreateInterruptedByAPause(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(10))
		first := w.host.only("POST")
		w.interrupt()
		first.created(testKey, 10)
		assert.Empty(t, w.host.outstanding())
		w.redialled()
		w.resumed()
		second := w.host.only("POST")
		assert.Equal(t, first.header("Upload-Metadata"), second.header("Upload-Metadata"))
		second.created(testKey, 10)
		assert.Contains(t, w.taken(), "id 0"+testKey+"1z1z10")
		assert.Empty(t, w.host.outstanding(), "nothing is removed")
	})
}

func TestPauseCountsAsStall(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(10))
		w.host.only("POST")
		w.interrupt()
		w.taken()
		for range MediaStallTimeout / time.Second {
			assert.Empty(t, w.taken())
			w.host.pass(time.Second)
		}
		assert.Equal(t, []string{"up: RtmTimeoutError 3"}, w.taken())
	})
}

func TestQueuedTasksStartAfterThePause(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(10))
		w.interrupt() // before it started
		w.host.settle()
		assert.Empty(t, w.host.outstanding())
		w.redialled()
		w.resumed()
		w.host.only("POST")
	})
}

func TestSessionEndInterruptsAllTasks(t *testing.T) {
	ends := map[string]func(*world){
		"logout":          func(w *world) { w.Logout(func(*Error) {}) },
		"logout at once":  func(w *world) { w.LogoutNow() },
		"login elsewhere": func(w *world) { w.host.socket().lose(wire.CloseRemoteLogin) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				w.upload("patch", w.blob(bigUpload))
				w.host.only("POST").created(testKey, 0)
				patch := w.host.only("PATCH")
				w.upload("create", w.blob(10))
				w.host.settle()
				create := w.host.outstanding()[1]
				w.download("down", "0"+testKey+"1z1z10")
				w.upload("queued", w.blob(10))
				w.host.settle()
				w.taken()
				end(w)
				got := w.taken()
				require.GreaterOrEqual(t, len(got), 4)
				assert.Equal(t, []string{
					"patch: RtmInterruptedError 6", "create: RtmInterruptedError 6",
					"down: RtmInterruptedError 6", "queued: RtmInterruptedError 6",
				}, got[:4], "before the state's event")
				assert.True(t, patch.aborted)
				create.created("f"+testKey[1:], 10)
				w.host.pass(MediaStallTimeout)
				for _, line := range w.taken() {
					assert.NotRegexp(t, "^(patch|create|down|queued)", line)
				}
			})
		})
	}
}

func TestDownloadPausesWhileReconnecting(t *testing.T) {
	inSession(t, func(w *world) {
		whole := pattern(3*MediaPartBytes + 100)
		w.download("down", MediaID(testKey, int64(len(whole)), false, 0, 0))
		w.host.settle()
		first, second := w.lanes()
		w.host.pass(time.Second)
		second.piece(whole)
		w.interrupt()
		assert.True(t, first.aborted)
		assert.Empty(t, w.host.outstanding())
		w.redialled()
		w.resumed()
		w.host.settle()
		first, second = w.lanes()
		assert.Equal(t, "bytes=0-1048575", first.header("Range"))
		assert.Equal(t, "bytes=2097152-3145727", second.header("Range"), "what was there is kept")
		first.piece(whole)
		second.piece(whole)
		w.host.only("GET").piece(whole)
		w.host.settle()
		assert.Contains(t, w.taken(), "down: ok")
	})
}
