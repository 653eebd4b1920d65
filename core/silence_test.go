package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSilentUploadGoesOnFromTheGatewaysOffset(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		r := w.host.only("PATCH")
		r.progress(200000)
		w.alive(MediaSilenceLimit - time.Second)
		r.progress(210000)
		w.alive(MediaSilenceLimit - time.Second)
		assert.False(t, r.aborted, "progress is a sign of life")
		w.alive(time.Second)
		assert.True(t, r.aborted)
		w.alive(firstRetryCap)
		w.host.only("HEAD").has(150000)
		r = w.host.only("PATCH")
		assert.Equal(t, "150000", r.header("Upload-Offset"))
		r.has(bigUpload)
		assert.Equal(t, []string{
			"up 0/263144", "up 200000/263144", "up 210000/263144", "up 263144/263144", "up: ok", "id 0" + testKey + "1z1z263144",
		}, w.taken())
		w.alive(2 * MediaSilenceLimit)
		assert.Len(t, w.host.requests, 4, "nothing is watched any more")
	})
}

func TestSilentCreateIsMadeAnew(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(10))
		r := w.host.only("POST")
		w.alive(MediaSilenceLimit)
		assert.True(t, r.aborted, "dead requests would use up the page's connections")
		w.alive(firstRetryCap)
		w.host.only("POST").created(testKey, 10)
		assert.Contains(t, w.taken(), "up: ok")
	})
}

func TestSilentDownloadIsMadeAnew(t *testing.T) {
	inSession(t, func(w *world) {
		whole := pattern(10)
		w.download("down", "0"+testKey+"1z1z10")
		r := w.host.only("GET")
		r.progress(4)
		w.alive(MediaSilenceLimit)
		assert.True(t, r.aborted)
		w.alive(firstRetryCap)
		r = w.host.only("GET")
		r.progress(3)
		r.piece(whole)
		w.host.settle()
		assert.Equal(t, []string{"down 0/10", "down 4/10", "down 9/10", "down 10/10", "down: ok", "10 bytes of application/octet-stream"}, w.taken())
	})
}

// A network that takes bytes and brings none to the gateway is no progress, however
// often it is tried.
func TestUploadIntoAVoidStalls(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		began := time.Now()
		w.host.only("PATCH").progress(1000)
		w.taken()
		for time.Since(began) < MediaStallTimeout {
			for _, r := range w.host.outstanding() {
				switch {
				case r.Method == "HEAD":
					r.has(0)
				case time.Since(began) > time.Second:
					r.l.Progress(1000)
				}
			}
			w.alive(MediaSilenceLimit / 2)
		}
		assert.Equal(t, []string{"up: RtmTimeoutError 3"}, w.taken())
	})
}
