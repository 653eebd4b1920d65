package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSilentUploadGoesOnFromTheGatewaysOffset(t *testing.T) {
	for _, heads := range []string{"answered", "silent"} {
		inSession(t, func(w *world) {
			p := w.route(bigUpload)
			result := p.upload()
			var patch *testRequest
			p.on = func(r *testRequest) bool {
				switch {
				case method(r) == "PATCH" && (patch == nil || patch == r): // of which the gateway gets some
					patch, p.stored = r, 150000
					r.progress(200000 + 1000*min(int64(p.age(r)/(15*time.Second)), 1))
					return true
				case method(r) == "HEAD" && heads == "silent" && !patch.over:
					return true
				}
				return false
			}
			p.play(30 * time.Second)
			require.NotNil(t, patch)
			assert.False(t, patch.aborted, "progress is a sign of life")
			p.play(30 * time.Second)
			assert.True(t, patch.aborted)
			assert.Contains(t, p.events, "up: ok")
			assert.Nil(t, result())
			assert.Equal(t, []int64{bigUpload, bigUpload - 150000}, p.patch)
			w.alive(2 * MediaSilenceLimit)
			assert.Empty(t, w.host.outstanding(), "nothing is watched any more")
		})
	}
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
