package core

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const bigUpload = createWithBody + 1000

func TestSmallUploadIsOneRequest(t *testing.T) {
	inSession(t, func(w *world) {
		src := w.blob(createWithBody)
		w.upload("up", src)
		assert.Empty(t, w.host.requests, "nothing inside the call")
		r := w.host.only("POST")
		assert.Equal(t, "https://gw.example/media/", r.URL)
		assert.Equal(t, "262144", r.header("Upload-Length"))
		assert.Equal(t, "application/offset+octet-stream", r.header("Content-Type"))
		assert.Equal(t, "1.0.0", r.header("Tus-Resumable"))
		assert.Equal(t, "Bearer credential of s1", r.header("Authorization"))
		assert.True(t, bytes.Equal(src.b, r.body()))

		r.progress(1000)
		r.progress(262144)
		assert.Equal(t, []string{"up 0/262144", "up 1000/262144", "up 262143/262144"}, w.taken(), "the total only when it is stored")
		r.created(testKey, 262144)
		assert.Equal(t, []string{"up 262144/262144", "up: ok", "id 0" + testKey + "1z1z262144"}, w.taken())
		w.host.pass(5 * time.Second)
		assert.Empty(t, w.taken())
		assert.Empty(t, w.host.outstanding())
	})
}

func TestLargeUploadIsCreatedFirst(t *testing.T) {
	inSession(t, func(w *world) {
		src := w.blob(bigUpload)
		w.upload("up", src)
		r := w.host.only("POST")
		assert.Nil(t, r.Body)
		assert.Equal(t, []string{"up 0/263144"}, w.taken())
		r.answer(201, headers{"Location": "https://gw.example/media/" + testKey}, nil)

		r = w.host.only("PATCH")
		assert.Equal(t, "https://gw.example/media/"+testKey, r.URL)
		assert.Equal(t, "0", r.header("Upload-Offset"))
		assert.True(t, bytes.Equal(src.b, r.body()), "all in one request")
		r.progress(5)
		r.progress(5)
		r.progress(3)
		r.progress(6)
		r.has(bigUpload)
		assert.Equal(t, []string{"up 5/263144", "up 6/263144", "up 263144/263144", "up: ok", "id 0" + testKey + "1z1z263144"}, w.taken())
	})
}

func TestUploadOfOneByte(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(1))
		r := w.host.only("POST")
		r.progress(1)
		r.created(testKey, 1)
		assert.Equal(t, []string{"up 0/1", "up 1/1", "up: ok", "id 0" + testKey + "1z1z1"}, w.taken())
	})
}

func TestUploadGoesOnFromTheGatewaysOffset(t *testing.T) {
	inSession(t, func(w *world) {
		src := w.blob(bigUpload)
		w.upload("up", src)
		w.host.only("POST").created(testKey, 0)
		r := w.host.only("PATCH")
		r.progress(200000)
		r.fail()
		assert.Empty(t, w.host.outstanding(), "after a wait")
		w.host.pass(firstRetryCap)
		r = w.host.only("HEAD")
		assert.Equal(t, "https://gw.example/media/"+testKey, r.URL)
		r.has(150000)

		r = w.host.only("PATCH")
		assert.Equal(t, "150000", r.header("Upload-Offset"))
		assert.True(t, bytes.Equal(src.b[150000:], r.body()))
		r.progress(40000)
		r.progress(60000)
		r.has(bigUpload)
		assert.Equal(t, []string{
			"up 0/263144", "up 200000/263144", "up 210000/263144", "up 263144/263144", "up: ok", "id 0" + testKey + "1z1z263144",
		}, w.taken(), "never back, no second 0")
	})
}

func TestUploadThatWasStoredAfterAllIsComplete(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		w.host.only("PATCH").fail()
		w.host.pass(firstRetryCap)
		w.host.only("HEAD").has(bigUpload)
		assert.Equal(t, "up: ok", w.taken()[2])
	})
}

func TestUploadWhoseBodyIsSwallowedDoesNotSpin(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		w.host.only("PATCH").has(0)
		assert.Empty(t, w.host.outstanding(), "after a wait")
		w.host.pass(firstRetryCap)
		w.host.only("HEAD").has(0)
		w.host.only("PATCH").has(1000)
		w.host.only("PATCH").has(bigUpload)
		assert.Contains(t, w.taken(), "up: ok")
	})
}

func TestUploadThatTheGatewayForgotBeginsAnew(t *testing.T) {
	for _, status := range []int{404, 410} {
		inSession(t, func(w *world) {
			w.upload("up", w.blob(bigUpload))
			w.host.only("POST").created(testKey, 0)
			w.host.only("PATCH").answer(status, nil, nil)
			w.host.pass(firstRetryCap)
			other := "f" + testKey[1:]
			w.host.only("POST").created(other, 0)
			r := w.host.only("PATCH")
			assert.Equal(t, "https://gw.example/media/"+other, r.URL)
			assert.Equal(t, "0", r.header("Upload-Offset"))
			r.has(bigUpload)
			assert.Equal(t, []string{"up 0/263144", "up 263144/263144", "up: ok", "id 0" + other + "1z1z263144"}, w.taken())
		})
	}
}

// What the gateway answers when trying again won't help.
func TestUploadRefused(t *testing.T) {
	for status, want := range map[int]string{
		413: "RtmLimitExceededError 4",
		400: "RtmUnavailableError 1",
		403: "RtmUnavailableError 1",
		501: "RtmUnavailableError 1",
		507: "RtmUnavailableError 1",
		200: "RtmUnavailableError 1",
	} {
		inSession(t, func(w *world) {
			w.upload("up", w.blob(10))
			w.host.only("POST").answer(status, nil, nil)
			assert.Equal(t, []string{"up 0/10", "up: " + want}, w.taken(), status)
			w.host.pass(5 * time.Second)
			assert.Empty(t, w.host.outstanding())
		})
	}
	inSession(t, func(w *world) {
		w.upload("up", w.blob(10))
		w.host.only("POST").answer(201, headers{"Location": "/media/short"}, nil)
		assert.Contains(t, w.taken(), "up: RtmUnavailableError 1", "a key that is none")
	})
	inSession(t, func(w *world) {
		w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		w.host.only("PATCH").answer(403, nil, nil)
		assert.Contains(t, w.taken(), "up: RtmUnavailableError 1")
		assert.Equal(t, "https://gw.example/media/"+testKey, w.host.only("DELETE").URL, "the rest is removed")
	})
}

// What may pass by itself is waited for.
func TestUploadPutOff(t *testing.T) {
	for _, status := range []int{401, 408, 409, 423, 425, 429, 500, 502, 503, 504} {
		inSession(t, func(w *world) {
			w.upload("up", w.blob(10))
			w.host.only("POST").answer(status, nil, nil)
			assert.Empty(t, w.host.outstanding())
			w.host.pass(firstRetryCap)
			w.host.only("POST").created(testKey, 10)
			assert.Contains(t, w.taken(), "up: ok", status)
		})
	}
}

func TestUploadWaitsLongerEachTime(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(10))
		for _, limit := range []time.Duration{firstRetryCap, 2 * firstRetryCap, 4 * firstRetryCap, lastRetryCap} {
			w.host.only("POST").answer(503, nil, nil)
			w.alive(limit)
		}
		w.host.only("POST").created(testKey, 10)
		assert.Equal(t, []string{"up 0/10", "up 10/10", "up: ok", "id 0" + testKey + "1z1z10"}, w.taken())
	})
}

func TestUploadThatAdvancesWaitsShortly(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		for i := range int64(20) {
			r := w.host.only("PATCH")
			r.progress(1)
			r.fail()
			w.alive(firstRetryCap)
			w.host.only("HEAD").has(1 + i)
		}
	})
}

func TestWakeTriesUploadsAtOnce(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(10))
		w.host.only("POST").answer(503, nil, nil)
		w.Wake()
		w.host.only("POST")
	})
}

func TestUploadStalls(t *testing.T) {
	for _, step := range []string{"create", "send"} {
		inSession(t, func(w *world) {
			w.upload("up", w.blob(bigUpload))
			r := w.host.only("POST")
			if step == "send" {
				w.alive(MediaSilenceLimit / 2)
				r.created(testKey, 0)
				r = w.host.only("PATCH")
				r.progress(10)
			}
			w.taken()
			w.alive(MediaStallTimeout - time.Second)
			assert.Empty(t, w.taken(), step)
			w.alive(time.Second)
			assert.Equal(t, []string{"up: RtmTimeoutError 3"}, w.taken(), step)
			if step == "send" {
				assert.True(t, r.aborted)
				w.host.only("DELETE")
			}
		})
	}
}

func TestUploadThatAdvancesDoesNotStall(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(bigUpload))
		w.host.only("POST").created(testKey, 0)
		r := w.host.only("PATCH")
		r.progress(1000)
		r.answer(404, nil, nil) // begins anew: what follows was shown before, and is progress
		w.alive(firstRetryCap)
		w.host.only("POST").created(testKey, 0)
		r = w.host.only("PATCH")
		for i := range int64(10) {
			w.alive(MediaSilenceLimit - time.Second)
			r.progress(1 + i)
		}
		r.has(bigUpload)
		assert.Contains(t, w.taken(), "up: ok")
	})
}

func TestUploadChecks(t *testing.T) {
	inWorld(t, func(w *world) {
		w.upload("too large", w.blob(MaxMediaBytes+1))
		w.upload("not logged in", w.blob(0))
		assert.Equal(t, []string{"too large: RtmLimitExceededError 4", "not logged in: RtmInvalidStatusError 102"}, w.taken())
	})
	inSession(t, func(w *world) {
		w.uploadWith("defect", w.blob(10), UploadParams{Defect: "width is no number"})
		w.upload("empty", w.blob(0))
		assert.Equal(t, []string{"defect: RtmInvalidArgumentError 2", "empty: RtmInvalidArgumentError 2"}, w.taken())
		w.upload("full", w.blob(MaxMediaBytes))
		w.host.only("POST")

		w.interrupt()
		w.taken()
		w.upload("reconnecting", w.blob(10))
		assert.Equal(t, []string{"reconnecting: RtmInvalidStatusError 102"}, w.taken())
		require.Len(t, w.tasks, 1)
	})
}

func TestUnreadableUpload(t *testing.T) {
	inSession(t, func(w *world) {
		src := w.blob(bigUpload)
		w.upload("up", src)
		w.host.only("POST").created(testKey, 0)
		src.err = textError("moved")
		w.host.only("PATCH").fail()
		w.host.pass(firstRetryCap)
		assert.Contains(t, w.taken(), "up: RtmUnavailableError 1")
		w.host.only("DELETE")
	})
}

// A small file goes with its creation, which fails for its sake too.
func TestUnreadableSmallUpload(t *testing.T) {
	inSession(t, func(w *world) {
		src := w.blob(10)
		src.err = textError("a folder")
		w.upload("up", src)
		w.host.only("POST").fail()
		w.host.pass(firstRetryCap)
		assert.Contains(t, w.taken(), "up: RtmUnavailableError 1")
	})
}
