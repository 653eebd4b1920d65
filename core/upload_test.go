package core

import (
	"bytes"
	"strconv"
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

// inOneRequest makes the next upload one that goes out with its creation, as after one that
// went fast.
func (w *world) inOneRequest() { w.createMost = MaxMediaBytes }

// Where the last upload went fast, a large one goes out with its creation too.
func TestLargeUploadOnAFastLineIsOneRequest(t *testing.T) {
	const size = 8 << 20
	for name, c := range map[string]struct {
		took time.Duration
		one  bool
	}{"fast": {200 * time.Millisecond, true}, "slow": {3 * time.Second, false}} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				src := w.blob(size)
				w.upload("first", src)
				w.host.only("POST").created(testKey, 0)
				r := w.host.only("PATCH")
				w.host.pass(c.took)
				r.has(size)
				w.taken()
				w.upload("up", src)
				r = w.host.only("POST")
				if !c.one {
					assert.Nil(t, r.Body)
					return
				}
				assert.Equal(t, "application/offset+octet-stream", r.header("Content-Type"))
				assert.True(t, bytes.Equal(src.b, r.body()))
				w.host.pass(c.took)
				r.created(testKey, size)
				assert.Contains(t, w.taken(), "up: ok")
				w.upload("next", src)
				assert.NotNil(t, w.host.only("POST").Body)

				w.interrupt() // the next network may be another
				assert.Zero(t, w.createMost)
			})
		})
	}
}

// The line has become slower: the creation that is repeated tells what has arrived.
func TestLargeUploadInOneRequestThatTakesLong(t *testing.T) {
	inSession(t, func(w *world) {
		w.inOneRequest()
		w.upload("up", w.blob(bigUpload))
		r := w.host.only("POST")
		r.progress(100_000)
		w.host.pass(2 * createTime)
		assert.True(t, r.aborted)
		w.host.pass(firstRetryCap)
		again := w.host.only("POST")
		assert.Nil(t, again.Body)
		assert.Equal(t, r.header("Upload-Metadata"), again.header("Upload-Metadata"))
		again.created(testKey, 90_000)
		rest := w.host.only("PATCH")
		assert.Equal(t, "90000", rest.header("Upload-Offset"))
		assert.Len(t, rest.body(), bigUpload-90_000, "all the rest")
		w.upload("other", w.blob(bigUpload))
		w.host.settle()
		assert.Nil(t, w.host.outstanding()[1].Body)
		rest.has(bigUpload)
		assert.Contains(t, w.taken(), "up: ok")
	})
}

// Something before the gateway refuses the body: it goes out in smaller ones.
func TestLargeUploadInOneRequestThatIsRefused(t *testing.T) {
	const size, most = 4 << 20, 1 << 20
	inSession(t, func(w *world) {
		w.inOneRequest()
		p := w.route(size)
		result := p.upload()
		p.on = func(r *testRequest) bool {
			if len(r.body()) <= most {
				return false
			}
			r.proxied(413, nil, nil)
			return true
		}
		p.play(time.Minute)
		require.Nil(t, result())
		w.upload("next", w.blob(size))
		assert.Nil(t, w.host.only("POST").Body, "it is known by now")
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

// The error of a refusal says why, as the gateway tells it.
func TestUploadRefusedWithAReason(t *testing.T) {
	for header, want := range map[string]string{
		"":                             "",
		"the file was rejected: found": ": the file was rejected: found",
		"100%25 %E5%9B%BE%e7%89%87":    ": 100% 图片",
		"%":                            ": %",
		"%4":                           ": %4",
	} {
		for _, method := range []string{"POST", "HEAD", "PATCH"} {
			inSession(t, func(w *world) {
				p := w.route(bigUpload)
				result := p.upload()
				p.on = func(r *testRequest) bool {
					switch r.Method {
					case method:
						r.answer(422, headers{ReasonHeader: header}, nil)
					case "PATCH":
						r.answer(423, nil, nil)
					default:
						return false
					}
					return true
				}
				p.play(time.Minute)
				assert.Equal(t, "RtmUnavailableError 1", outcome(result()))
				assert.Equal(t, 422, result().ServerCode)
				assert.Equal(t, "the gateway answered with status 422"+want, result().Text)
			})
		}
	}
}

// A scan may take longer than the gateway lets a request wait: then it asks for the last byte
// again. The upload goes on for as long as a scan may take, and no later one is slower for it.
func TestUploadThatIsScannedForLong(t *testing.T) {
	for _, size := range []int{10, bigUpload, 5 << 20} {
		inSession(t, func(w *world) {
			p := w.route(size)
			result := p.upload()
			begun := time.Now()
			p.on = func(r *testRequest) bool {
				switch {
				case time.Since(begun) > time.Minute, r.Body == nil && r.Method != "HEAD":
					return false
				case r.Method != "HEAD" && p.age(r) < 8*time.Second:
				case r.Method == "POST":
					p.stored = int64(size - 1)
					r.created(testKey, p.stored)
				case r.Method == "PATCH" && len(r.body()) > 1:
					r.answer(204, headers{"Upload-Offset": strconv.Itoa(size - 1)}, nil)
				case r.Method == "PATCH":
					r.answer(423, nil, nil)
				default:
					p.stored = int64(size - 1)
					return false
				}
				return true
			}
			p.play(2 * time.Minute)
			assert.Nil(t, result())
			assert.Equal(t, "up: ok", p.events[len(p.events)-1])
			assert.Less(t, p.sent, int64(size+20), "only the last byte was sent again")
			assert.Zero(t, w.sendSize)
		})
	}
}

func TestTooLargeForTheGateway(t *testing.T) {
	var texts []string
	for _, method := range []string{"POST", "PATCH"} {
		inSession(t, func(w *world) {
			p := w.route(bigUpload)
			result := p.upload()
			p.on = func(r *testRequest) bool {
				if r.Method != method {
					return false
				}
				r.answer(413, nil, nil)
				return true
			}
			p.play(time.Minute)
			assert.Equal(t, "RtmLimitExceededError 4", outcome(result()))
			assert.Equal(t, 413, result().ServerCode)
			texts = append(texts, result().Text)
		})
	}
	assert.Equal(t, texts[0], texts[1])
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

func TestUploadStalls(t *testing.T) {
	for _, step := range []string{"POST", "PATCH"} {
		inSession(t, func(w *world) {
			p := w.route(bigUpload)
			result := p.upload()
			p.on = func(r *testRequest) bool { return method(r) == step }
			assert.InDelta(t, MediaStallTimeout.Seconds(), p.play(time.Hour).Seconds(), 1, step)
			assert.Equal(t, "RtmTimeoutError 3", outcome(result()), step)
			if step == "PATCH" {
				w.host.only("DELETE")
			}
		})
	}
}

func TestUploadThatAdvancesDoesNotStall(t *testing.T) {
	inSession(t, func(w *world) {
		p := w.route(bigUpload)
		result := p.upload()
		forgotten := false
		p.on = func(r *testRequest) bool {
			switch {
			case method(r) != "PATCH":
				return false
			case !forgotten: // what follows was shown before, and is progress
				forgotten = true
				r.progress(1000)
				r.answer(404, nil, nil)
				return true
			}
			p.stored = int64(p.age(r) / (MediaSilenceLimit - 5*time.Second))
			if p.stored < 10 {
				return true
			}
			p.stored = bigUpload
			r.has(bigUpload)
			return true
		}
		assert.Greater(t, p.play(time.Hour), MediaStallTimeout)
		require.Nil(t, result())
		assert.Equal(t, 2, p.asked["PATCH"])
	})
}

func TestUploadChecks(t *testing.T) {
	inWorld(t, func(w *world) {
		w.upload("too large", w.blob(MaxMediaBytes+1))
		w.upload("not logged in", w.blob(0))
		assert.Equal(t, []string{"too large: RtmLimitExceededError 4", "not logged in: RtmInvalidStatusError 102"}, w.taken())
	})
	inSession(t, func(w *world) {
		w.uploadWith("fault", w.blob(10), UploadParams{Fault: "width is no number"})
		w.upload("empty", w.blob(0))
		assert.Equal(t, []string{"fault: RtmInvalidArgumentError 2", "empty: RtmInvalidArgumentError 2"}, w.taken())
		w.upload("full", w.blob(MaxMediaBytes))
		w.host.only("POST")

		w.interrupt()
		w.taken()
		w.upload("reconnecting", w.blob(10))
		assert.Equal(t, []string{"reconnecting: RtmInvalidStatusError 102"}, w.taken())
		require.Len(t, w.tasks, 1)
	})
}

// A file that is gone or shorter ends the upload at once: when its request fails, with or
// without an answer, and when nothing is heard of its request.
func TestUnreadableUpload(t *testing.T) {
	fails := map[string]func(*testRequest){
		"no answer":         func(r *testRequest) { r.fail() },
		"an empty body":     func(r *testRequest) { r.has(0) },
		"a body cut short":  func(r *testRequest) { r.answer(409, nil, nil) },
		"no sign of life":   func(r *testRequest) { r.h.pass(firstAsk) },
		"a proxy's opinion": func(r *testRequest) { r.proxied(502, nil, nil) },
	}
	for name, fail := range fails {
		for _, gone := range []error{textError("moved"), nil} {
			t.Run(name, func(t *testing.T) {
				inSession(t, func(w *world) {
					src := w.blob(bigUpload)
					var got *Error
					w.Upload(src, UploadParams{}, w.shown("up"), func(_ *Uploaded, err *Error) { got = err })
					w.host.only("POST").created(testKey, 0)
					if src.err = gone; gone == nil {
						src.b = src.b[:1000]
					}
					fail(w.host.only("PATCH"))
					w.host.settle()
					require.NotNil(t, got)
					assert.Equal(t, "RtmUnavailableError 1", outcome(got))
					if gone != nil {
						assert.Equal(t, gone, got.Cause)
					} else {
						assert.ErrorContains(t, got.Cause, "NotReadableError: ")
					}
					w.host.only("DELETE")
				})
			})
		}
	}
}

// A small file goes with its creation, which fails for its sake too.
func TestUnreadableSmallUpload(t *testing.T) {
	inSession(t, func(w *world) {
		src := w.blob(10)
		src.err = textError("a folder")
		w.upload("up", src)
		w.host.only("POST").fail()
		w.host.settle()
		assert.Contains(t, w.taken(), "up: RtmUnavailableError 1")
	})
}

// A repeated creation has no body: the gateway may have got some of the first, and takes
// no more of the second.
func TestARepeatedCreationHasNoBody(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("up", w.blob(10))
		w.host.only("POST").fail()
		w.host.pass(firstRetryCap)
		again := w.host.only("POST")
		assert.Nil(t, again.Body)
		again.created(testKey, 4)
		rest := w.host.only("PATCH")
		assert.Equal(t, "4", rest.header("Upload-Offset"))
		rest.has(10)
		assert.Contains(t, w.taken(), "up: ok")
	})
}
