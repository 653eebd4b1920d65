package core

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// proxyStatuses are what something before a gateway may answer in its place; 0 is none,
// a broken connection.
var proxyStatuses = []int{0, 200, 204, 302, 400, 401, 403, 404, 405, 407, 408, 409, 410, 413, 415, 416, 421, 423, 425, 429, 431, 451, 500, 501, 502, 503, 504, 511, 520}

func breakWith(r *testRequest, status int, own bool) {
	switch {
	case status == 0:
		r.fail()
	case own:
		r.answer(status, nil, nil)
	default:
		r.proxied(status, headers{"Content-Type": "text/html"}, []byte("<html>"))
	}
}

// A proxy takes each body, passes nothing on, and cuts or answers by itself: a transfer ends
// when 120 s are over, and has not sent the file many times.
func TestBodiesThatComeToNothingAreNoProgress(t *testing.T) {
	const size = 3 << 20
	for _, own := range []bool{false, true} {
		for _, status := range proxyStatuses {
			if own && !isTransient(status) {
				continue
			}
			for _, sent := range []int64{size, 1000} { // shown by the browser
				t.Run(strconv.Itoa(status)+" "+strconv.FormatBool(own)+" "+strconv.Itoa(int(sent)), func(t *testing.T) {
					inSession(t, func(w *world) {
						p := w.route(size)
						got := p.upload()
						p.on = func(r *testRequest) bool {
							if method(r) != "PATCH" {
								return false
							}
							if p.age(r) < time.Second {
								r.progress(min(sent, int64(len(r.body()))))
								return true
							}
							breakWith(r, status, own)
							return true
						}
						took := p.play(10 * time.Minute)
						err := got()
						require.NotNil(t, err)
						assert.Less(t, p.sent, int64(4*size+size/4*3), "bytes sent in all")
						assert.Less(t, p.asked["PATCH"], 60)
						assert.Equal(t, status, err.ServerCode)
						assert.Error(t, err.Cause)
						if status != 0 {
							assert.Contains(t, err.Text, strconv.Itoa(status))
						}
						rises(t, p.events)
						if status == 413 && !own {
							assert.Equal(t, "RtmUnavailableError 1", outcome(err), "it won't pass by itself")
							assert.Contains(t, err.Text, "client_max_body_size")
							return
						}
						assert.Equal(t, "RtmTimeoutError 3", outcome(err))
						assert.InDelta(t, MediaStallTimeout.Seconds(), took.Seconds(), 1)
					})
				})
			}
		}
	}
}

func TestDownloadsThatComeToNothingEnd(t *testing.T) {
	for _, own := range []bool{false, true} {
		for _, status := range proxyStatuses {
			if own && !isTransient(status) {
				continue
			}
			t.Run(strconv.Itoa(status)+" "+strconv.FormatBool(own), func(t *testing.T) {
				inSession(t, func(w *world) {
					p := w.route(3 << 20)
					got := p.download()
					requests := 0
					p.on = func(r *testRequest) bool {
						if p.age(r) < time.Second {
							r.progress(1000)
							return true
						}
						requests++
						breakWith(r, status, own)
						return true
					}
					took := p.play(10 * time.Minute)
					err := got()
					require.NotNil(t, err)
					assert.Equal(t, "RtmTimeoutError 3", outcome(err))
					assert.InDelta(t, MediaStallTimeout.Seconds(), took.Seconds(), 3)
					assert.Equal(t, status, err.ServerCode)
					assert.Error(t, err.Cause)
					assert.Less(t, requests, 100)
					rises(t, p.events)
				})
			})
		}
	}
}

// rises checks that progress never goes down, and gives its numbers.
func rises(t *testing.T, events []string) (numbers []int64) {
	t.Helper()
	for _, line := range events {
		_, progress, _ := strings.Cut(line, " ")
		if current, _, ok := strings.Cut(progress, "/"); ok {
			n, err := strconv.ParseInt(current, 10, 64)
			require.NoError(t, err)
			numbers = append(numbers, n)
		}
	}
	require.NotEmpty(t, numbers)
	require.True(t, slices.IsSorted(numbers), "%v", numbers)
	return numbers
}

// An answer that is not the gateway's is never taken for one: whatever something before it
// says, once, to any request, the transfer goes on.
func TestAForeignAnswerIsTriedAgain(t *testing.T) {
	for _, direction := range []string{"POST", "small POST", "PATCH", "HEAD", "GET"} {
		for _, status := range proxyStatuses {
			if direction == "POST" && status == 413 {
				continue // nothing smaller can be sent: see TestNoBodyIsSmallEnough
			}
			t.Run(direction+" "+strconv.Itoa(status), func(t *testing.T) {
				inSession(t, func(w *world) {
					size := bigUpload
					if direction == "small POST" {
						size = 10
					}
					p := w.route(size)
					got := p.upload
					if direction == "GET" {
						got = p.download
					}
					result := got()
					broken := map[string]bool{}
					p.on = func(r *testRequest) bool {
						m := method(r)
						of := strings.TrimPrefix(direction, "small ")
						if of == "HEAD" && m == "PATCH" && !broken[m] {
							broken[m] = true
							r.fail() // so that it is asked
							return true
						}
						if m != of || broken[m] {
							return false
						}
						broken[m] = true
						breakWith(r, status, false)
						return true
					}
					p.play(10 * time.Minute)
					require.True(t, broken[strings.TrimPrefix(direction, "small ")])
					require.Nil(t, result())
				})
			})
		}
	}
}

// A proxy that drops headers it does not know, and a gateway from before the header, are
// known by the others.
func TestAnswersWithoutTheGatewaysHeader(t *testing.T) {
	inSession(t, func(w *world) {
		up := w.route(bigUpload)
		result := up.upload()
		up.on = func(r *testRequest) bool {
			offset := headers{"Tus-Resumable": tusVersion, "Upload-Offset": "0", "Location": "/media/" + testKey}
			if method(r) == "POST" {
				r.proxied(201, offset, nil)
				return true
			}
			offset["Upload-Offset"] = strconv.Itoa(bigUpload)
			r.proxied(204, offset, nil)
			return true
		}
		assert.Less(t, up.play(time.Minute), time.Second)
		assert.Nil(t, result())
		down := w.route(10)
		result = down.download()
		down.on = func(r *testRequest) bool {
			r.proxied(206, headers{"Content-Range": "bytes 0-9/10"}, pattern(10))
			return true
		}
		assert.Less(t, down.play(time.Minute), time.Second)
		assert.Nil(t, result())
	})
}

// Something on the way takes the body at once and sends it slowly. The browser says nothing
// after that, and the request is left alone as long as the gateway gets more.
func TestASlowLineBehindAFastOne(t *testing.T) {
	for _, progress := range []string{"all at once", "nothing at all"} {
		t.Run(progress, func(t *testing.T) {
			inSession(t, func(w *world) {
				const size, rate = 6 << 20, 25_000
				p := w.route(size)
				result := p.upload()
				p.on = func(r *testRequest) bool {
					if method(r) != "PATCH" {
						return false
					}
					if progress == "all at once" {
						r.progress(size)
					}
					if p.stored = int64(p.age(r).Seconds() * rate); p.stored < size {
						return true
					}
					p.stored = size
					r.has(size)
					return true
				}
				took := p.play(time.Hour)
				require.Nil(t, result())
				assert.Equal(t, 1, p.asked["PATCH"], "the request is not broken")
				assert.Greater(t, took, 2*MediaStallTimeout)
				assert.LessOrEqual(t, p.asked["HEAD"], int(took/lastAsk)+2)
				steps := rises(t, p.events)
				assert.Greater(t, len(steps), 40, "progress is felt")
				for i := range steps[1:] {
					assert.LessOrEqual(t, steps[i+1]-steps[i], int64(size/8), "no jump to the end")
				}
			})
		})
	}
}

// The answers to HEAD are refused, held back or late. The request is left alone as long as
// more is sent than ever before; where the browser tells nothing of that, late answers do.
func TestASlowLineWhereTheGatewayCannotBeAsked(t *testing.T) {
	refused := func(r *testRequest) bool {
		breakWith(r, 405, false)
		return true
	}
	for name, c := range map[string]struct {
		head   func(p *route, r *testRequest) bool
		silent bool
	}{
		"HEAD is refused":       {head: func(_ *route, r *testRequest) bool { return r.Method == "HEAD" && refused(r) }},
		"the question as well":  {head: func(_ *route, r *testRequest) bool { return refused(r) }},
		"no answer":             {head: func(*route, *testRequest) bool { return true }},
		"late answers":          {head: func(p *route, r *testRequest) bool { return p.age(r) < 13*time.Second }},
		"late, and no progress": {head: func(p *route, r *testRequest) bool { return p.age(r) < 13*time.Second }, silent: true},
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				const size, rate = 24 << 20, 170_000
				p := w.route(size)
				result := p.upload()
				p.on = func(r *testRequest) bool {
					switch method(r) {
					case "HEAD":
						return c.head(p, r)
					case "PATCH":
						if p.stored = min(size, int64(p.age(r).Seconds()*rate)); !c.silent {
							r.progress(p.stored)
						}
						if p.stored == size {
							r.has(size)
						}
						return true
					}
					return false
				}
				took := p.play(time.Hour)
				require.Nil(t, result())
				assert.Greater(t, took, MediaStallTimeout)
				assert.Equal(t, 1, p.asked["PATCH"], "the request is not broken")
				if name == "HEAD is refused" {
					steps := rises(t, p.events)
					assert.Greater(t, steps[len(steps)-2], int64(size*9/10), "asked in another way, the gateway tells")
				}
			})
		})
	}
}

// At any speed, progress that the browser tells bit by bit is shown bit by bit.
func TestProgressIsSmooth(t *testing.T) {
	for _, seconds := range []float64{2, 10, 60} {
		inSession(t, func(w *world) {
			const size = 24 << 20
			p := w.route(size)
			result := p.upload()
			p.on = func(r *testRequest) bool {
				if method(r) != "PATCH" {
					return false
				}
				if p.stored = int64(p.age(r).Seconds() / seconds * size); p.stored < size {
					r.progress(min(size, p.stored+1<<20)) // of which some is still on its way
					return true
				}
				p.stored = size
				r.has(size)
				return true
			}
			p.play(time.Hour)
			require.Nil(t, result())
			steps := rises(t, p.events)
			for i := range steps[1:] {
				assert.Less(t, steps[i+1]-steps[i], int64(max(size/8, size/seconds)), "%v s, step %d of %d", seconds, i, len(steps))
			}
			assert.LessOrEqual(t, p.asked["HEAD"], int(seconds/lastAsk.Seconds())+1)
		})
	}
}

// The same where the answers to HEAD come from a gateway that is told of progress late.
func TestOffsetsThatGrowInLargeSteps(t *testing.T) {
	inSession(t, func(w *world) {
		const size, rate = 6 << 20, 60_000
		p := w.route(size)
		result := p.upload()
		p.on = func(r *testRequest) bool {
			if method(r) != "PATCH" {
				return false
			}
			got := int64(p.age(r).Seconds() * rate)
			if p.stored = got / MediaPartBytes * MediaPartBytes; got < size {
				return true
			}
			p.stored = size
			r.has(size)
			return true
		}
		p.play(time.Hour)
		require.Nil(t, result())
		assert.Equal(t, 1, p.asked["PATCH"])
	})
}

// A proxy stores each request before it passes it on, behind a slow line: smaller requests
// bring progress in time.
func TestAStoringProxyBehindASlowLine(t *testing.T) {
	inSession(t, func(w *world) {
		const size, rate = 6 << 20, 25_000
		p := w.route(size)
		result := p.upload()
		p.on = func(r *testRequest) bool {
			if method(r) != "PATCH" {
				return false
			}
			sent := min(int64(p.age(r).Seconds()*rate), int64(len(r.body())))
			if r.progress(sent); sent < int64(len(r.body())) {
				return true
			}
			return false
		}
		took := p.play(time.Hour)
		require.Nil(t, result())
		rises(t, p.events)
		assert.Less(t, took.Seconds(), 2.0*size/rate, "little is sent twice")
	})
}

// A proxy cuts each request after some bytes, or some time. Files pass in smaller pieces.
func TestAProxyThatCutsLargeBodies(t *testing.T) {
	for _, most := range []int64{70_000, 1_000_000} {
		inSession(t, func(w *world) {
			p := w.route(3 << 20)
			result := p.upload()
			p.on = func(r *testRequest) bool {
				if method(r) != "PATCH" || int64(len(r.body())) <= most {
					return false
				}
				r.fail()
				return true
			}
			p.play(time.Hour)
			require.Nil(t, result())
			assert.Less(t, p.sent, int64(20<<20))
		})
	}
}

func TestAProxysLimitForBodies(t *testing.T) {
	for _, most := range []int64{100_000, 1 << 20, 10 << 20} {
		inSession(t, func(w *world) {
			p := w.route(20 << 20)
			result := p.upload()
			refused := 0
			p.on = func(r *testRequest) bool {
				if int64(len(r.body())) <= most {
					return false
				}
				refused++
				breakWith(r, 413, false)
				return true
			}
			p.play(time.Hour)
			require.Nil(t, result())
			assert.LessOrEqual(t, refused, 9)
			next := refused
			result = w.route(30 << 20).continueOf(p)
			p.play(time.Hour)
			require.Nil(t, result())
			assert.LessOrEqual(t, refused, next+1, "what was learned is kept")
		})
	}
	inSession(t, func(w *world) { // a small file goes with its creation
		p := w.route(200_000)
		result := p.upload()
		p.on = func(r *testRequest) bool {
			if len(r.body()) <= 70_000 {
				return false
			}
			breakWith(r, 413, false)
			return true
		}
		p.play(time.Hour)
		require.Nil(t, result())
	})
}

// continueOf uploads another file over the same route.
func (p *route) continueOf(of *route) func() *Error {
	of.whole, of.stored = p.whole, 0
	return of.upload()
}

// Something on the way passes GET and POST only.
func TestMethodsThatDoNotPass(t *testing.T) {
	for _, status := range []int{0, 400, 403, 404, 405, 501} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			inSession(t, func(w *world) {
				p := w.route(bigUpload)
				result := p.upload()
				p.on = func(r *testRequest) bool {
					if r.Method == "POST" || r.Method == "GET" {
						return false
					}
					breakWith(r, status, false)
					return true
				}
				p.play(time.Hour)
				require.Nil(t, result())
			})
		})
	}
}

// Whatever was refused once, PATCH or POST in its place, may be what passes: nothing learned
// is for good, and uploads that are refused together learn the same.
func TestMethodsThatPassAgain(t *testing.T) {
	for _, status := range []int{400, 403, 404, 405, 501} {
		for name, override := range map[string]func(r *testRequest){
			"refused":       func(r *testRequest) { breakWith(r, 403, false) },
			"not passed on": func(r *testRequest) { r.answer(405, nil, nil) },
		} {
			t.Run(strconv.Itoa(status)+" "+name, func(t *testing.T) {
				inSession(t, func(w *world) {
					p := w.route(bigUpload)
					first := p.upload()
					broken := false
					p.on = func(r *testRequest) bool {
						switch {
						case r.header("X-HTTP-Method-Override") != "":
							override(r)
						case method(r) == "PATCH" && !broken:
							broken = true
							breakWith(r, status, false)
						default:
							return false
						}
						return true
					}
					assert.Less(t, p.play(time.Hour), 10*time.Second)
					require.Nil(t, first())
					second := w.route(bigUpload).continueOf(p)
					assert.Less(t, p.play(time.Hour), time.Second, "what was learned is kept")
					require.Nil(t, second())
				})
			})
		}
	}
	inSession(t, func(w *world) { // two at once
		p := w.route(bigUpload)
		first, second := p.upload(), p.upload()
		p.on = func(r *testRequest) bool {
			switch {
			case r.Method == "PATCH" || r.Method == "HEAD":
				breakWith(r, 405, false)
			case method(r) == "PATCH":
				r.has(bigUpload)
			case method(r) == "HEAD":
				r.has(0)
			default:
				return false
			}
			return true
		}
		assert.Less(t, p.play(time.Hour), 10*time.Second)
		require.Nil(t, first())
		require.Nil(t, second())
	})
	inSession(t, func(w *world) { // downloads say nothing of the methods of uploads
		p := w.route(10)
		p.download()
		p.on = cut
		p.play(time.Hour)
		assert.False(t, w.override)
	})
}

// Something before the gateway takes no body at all, or not even the request without one.
func TestNoBodyIsSmallEnough(t *testing.T) {
	for _, size := range []int{10, bigUpload} {
		for _, direction := range []string{"POST", "PATCH", "bodies"} {
			inSession(t, func(w *world) {
				p := w.route(size)
				result := p.upload()
				p.on = func(r *testRequest) bool {
					if m := method(r); m == direction || direction == "bodies" && len(r.body()) > 0 {
						breakWith(r, 413, false)
						return true
					}
					return false
				}
				took := p.play(time.Hour)
				if direction == "PATCH" && size == 10 {
					require.Nil(t, result(), "it needs none")
					return
				}
				assert.Equal(t, "RtmUnavailableError 1", outcome(result()), "%s %d", direction, size)
				assert.Equal(t, 413, result().ServerCode)
				assert.Less(t, took, 2*time.Second, "at once")
			})
		}
	}
}

// A gateway that does not know its own uploads is not fed for ever.
func TestAGatewayThatForgetsEachUpload(t *testing.T) {
	inSession(t, func(w *world) {
		p := w.route(bigUpload)
		result := p.upload()
		p.on = func(r *testRequest) bool {
			if p.stored = 0; method(r) != "PATCH" {
				return false
			}
			r.answer(404, nil, nil)
			return true
		}
		p.play(time.Hour)
		require.NotNil(t, result())
		assert.Equal(t, "RtmUnavailableError 1", outcome(result()))
		assert.Equal(t, 404, result().ServerCode)
		assert.Equal(t, maxForgotten+1, p.asked["PATCH"])
	})
}

// Something on the way takes Range off the request.
func TestTheWholeFileForARange(t *testing.T) {
	inSession(t, func(w *world) {
		p := w.route(3 << 20)
		result := p.download()
		n := 0
		p.on = func(r *testRequest) bool {
			if n++; n < 20 {
				r.progress(int64(n) * 100_000)
				return true
			}
			r.answer(200, nil, p.whole)
			return true
		}
		p.play(time.Hour)
		require.Nil(t, result())
		assert.Equal(t, 2, len(p.began), "one answer is enough for both requests")
		assert.Greater(t, len(rises(t, p.events)), 5)
	})
	t.Run("verified", func(t *testing.T) {
		whole := pattern(3 << 20)
		verifying(t, whole, func(w *world, h *hashingHost, _ *Task) {
			w.host.settle()
			first, second := w.lanes()
			h.part = int64(len(whole))
			first.answer(200, headers{"Repr-Digest": wholeDigest(whole)}, damaged(whole))
			assert.True(t, second.aborted)
			w.host.settle()
			h.hash()
			w.host.settle()
			first, _ = w.lanes()
			first.answer(200, headers{"Repr-Digest": wholeDigest(whole)}, whole)
			w.host.settle()
			h.hash()
			assert.Contains(t, w.taken(), "down: ok")
		})
	})
	t.Run("damaged twice", func(t *testing.T) {
		whole := pattern(3 << 20)
		verifying(t, whole, func(w *world, h *hashingHost, _ *Task) {
			h.part = int64(len(whole))
			for range 2 {
				w.host.settle()
				first, _ := w.lanes()
				first.answer(200, headers{"Repr-Digest": wholeDigest(whole)}, damaged(whole))
				w.host.settle()
				h.hash()
			}
			assert.Contains(t, w.taken(), "down: RtmUnavailableError 1")
		})
	})
	inSession(t, func(w *world) { // a captive portal's page
		p := w.route(6)
		result := p.download()
		p.on = func(r *testRequest) bool {
			r.proxied(200, nil, []byte("<html>"))
			return true
		}
		p.play(time.Hour)
		assert.Equal(t, "RtmTimeoutError 3", outcome(result()))
		assert.Contains(t, result().Text, "captive portal")
	})
}

// A slow download behind something that passes an answer on when all of it is there, such as
// a service worker: little is fetched twice.
func TestASlowDownloadInOneGo(t *testing.T) {
	for _, rate := range []float64{25_000, 50_000, 100_000, 150_000, 300_000} {
		inSession(t, func(w *world) {
			const size = 5 << 20
			p := w.route(size)
			result := p.download()
			came, all := map[*testRequest]float64{}, 0.0
			p.on = func(r *testRequest) bool {
				first, last := r.span()
				n := routeStep.Seconds() * rate / float64(len(w.host.outstanding()))
				all += n
				came[r] += n
				return came[r] < float64(last-first+1)
			}
			took := p.play(time.Hour)
			require.Nil(t, result())
			assert.Less(t, took.Seconds(), 1.5*size/rate+30, "%v bytes/s", rate)
			assert.Less(t, all, 1.7*size, "%v bytes/s", rate)
		})
	}
}

// The way to the gateway is long: after a reconnection no request but the first ones is
// given up for that.
func TestALongWayAfterAReconnect(t *testing.T) {
	for _, first := range []time.Duration{1200 * time.Millisecond, 2500 * time.Millisecond} {
		inSession(t, func(w *world) {
			p := w.route(5 << 20)
			result := p.download()
			w.host.settle()
			w.interrupt()
			w.redialled()
			w.resumed()
			p.on = func(r *testRequest) bool {
				if p.age(r) == first {
					r.progress(1)
				}
				return p.age(r) <= first
			}
			p.play(time.Hour)
			require.Nil(t, result())
			assert.Less(t, p.asked["GET"], 22)
		})
	}
}

func TestTheCauseOfATimeout(t *testing.T) {
	for name, c := range map[string]struct {
		on   func(r *testRequest) bool
		text string
	}{
		"nothing passes":   {func(r *testRequest) bool { r.fail(); return true }, "the WebSocket works and HTTP requests to https://gw.example/media/ do not"},
		"no answer":        {func(r *testRequest) bool { return true }, "nothing was heard of a request"},
		"a cut body":       {func(r *testRequest) bool { return method(r) == "PATCH" && cut(r) }, "the connection broke during the request"},
		"a login page":     {func(r *testRequest) bool { r.proxied(401, nil, nil); return true }, "asks for its own login"},
		"no gateway there": {func(r *testRequest) bool { r.proxied(502, nil, nil); return true }, "does not reach the gateway"},
		"the gateway":      {func(r *testRequest) bool { r.answer(503, nil, nil); return true }, "the gateway answered with status 503"},
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				p := w.route(bigUpload)
				result := p.upload()
				p.on = c.on
				p.play(time.Hour)
				assert.Equal(t, "RtmTimeoutError 3", outcome(result()))
				assert.Contains(t, result().Text, c.text)
				assert.Error(t, result().Cause)
			})
		})
	}
	inSession(t, func(w *world) {
		p := w.route(bigUpload)
		result := p.upload()
		w.host.settle()
		w.interrupt()
		w.host.pass(MediaStallTimeout)
		require.NotNil(t, result(), "%v", w.taken())
		assert.Contains(t, result().Text, "the connection to the gateway is interrupted")
		assert.Error(t, result().Cause)
	})
}

func cut(r *testRequest) bool {
	r.fail()
	return true
}

// After a gateway died, connections to it may swallow requests without a word.
func TestRequestsAfterAReconnectAreAskedAboutSoon(t *testing.T) {
	for _, size := range []int{bigUpload, 10} {
		inSession(t, func(w *world) {
			p := w.route(size)
			result := p.upload()
			w.host.settle()
			if size > createWithBody {
				w.host.only("POST").created(testKey, 0)
			}
			w.interrupt()
			w.redialled()
			w.resumed()
			before := len(w.host.requests)
			p.on = func(r *testRequest) bool { return slices.Index(w.host.requests, r) < before } // swallowed
			p.play(time.Second / 2)
			assert.Nil(t, result())
			assert.Less(t, p.play(time.Minute), 2*time.Second)
			assert.Contains(t, p.events, "up: ok")
		})
	}
	inSession(t, func(w *world) {
		p := w.route(3 << 20)
		p.download()
		w.host.settle()
		w.interrupt()
		w.redialled()
		w.resumed()
		w.host.settle()
		before := len(w.host.requests)
		p.on = func(r *testRequest) bool { return slices.Index(w.host.requests, r) < before }
		assert.Less(t, p.play(time.Minute), 2*time.Second)
		assert.Contains(t, p.events, "down: ok")
	})
}
