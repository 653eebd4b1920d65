package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDownload(t *testing.T) {
	inSession(t, func(w *world) {
		whole := pattern(1000)
		w.download("down", "0"+testKey+"1z1z1000z480z640")
		assert.Empty(t, w.host.requests, "nothing inside the call")
		r := w.host.only("GET")
		assert.Equal(t, "https://gw.example/media/"+testKey, r.URL)
		assert.Equal(t, "bytes=0-999", r.header("Range"))
		assert.Equal(t, "Bearer credential of s1", r.header("Authorization"))
		assert.True(t, r.WantBody)
		r.progress(500)
		r.progress(1000)
		r.piece(whole)
		assert.Equal(t, []string{"down 0/1000", "down 500/1000", "down 999/1000", "down 1000/1000", "down: ok", "1000 bytes of application/octet-stream"}, w.taken(), "the total only at the end")
	})
}

func TestDownloadInPieces(t *testing.T) {
	inSession(t, func(w *world) {
		whole := pattern(13<<20 + 5)
		w.download("down", MediaID(testKey, int64(len(whole)), false, 0, 0))
		w.host.settle()
		first, second := w.lanes()
		assert.Equal(t, "bytes=0-1048575", first.header("Range"))
		assert.Equal(t, "bytes=1048576-2097151", second.header("Range"))
		assert.False(t, first.NoProgress)
		w.host.pass(400 * time.Millisecond)
		first.progress(1000)
		second.progress(1000)
		second.piece(whole) // 1 MiB in 0.4 s: 2 MiB in one
		w.host.pass(100 * time.Millisecond)
		first.piece(whole)
		first, second = w.lanes()
		assert.Equal(t, "bytes=2097152-4194303", first.header("Range"))
		assert.Equal(t, "bytes=4194304-6291455", second.header("Range"))
		assert.True(t, first.NoProgress)
		w.host.pass(100 * time.Millisecond)
		first.piece(whole) // in 0.1 s: as much as may be
		second.piece(whole)
		first, second = w.lanes()
		assert.Equal(t, "bytes=6291456-13631487", first.header("Range"))
		assert.Equal(t, "bytes=13631488-13631492", second.header("Range"))
		first.piece(whole)
		second.piece(whole)
		w.host.settle()
		assert.Equal(t, []string{
			"down 0/13631493", "down 1000/13631493", "down 2000/13631493", "down 1049576/13631493", "down 2097152/13631493",
			"down 4194304/13631493", "down 6291456/13631493", "down 13631488/13631493", "down 13631492/13631493",
			"down 13631493/13631493", "down: ok", "13631493 bytes of application/octet-stream",
		}, w.taken())
		w.download("next", MediaID(testKey, int64(len(whole)), false, 0, 0))
		w.host.settle()
		first, second = w.lanes()
		assert.Equal(t, "bytes=0-7340031", first.header("Range"), "the speed is known now")
		assert.Equal(t, "bytes=7340032-13631492", second.header("Range"))
	})
}

// lanes are the two requests of a download.
func (w *world) lanes() (first, second *testRequest) {
	w.t.Helper()
	out := w.host.outstanding()
	require.Len(w.t, out, 2)
	return out[0], out[1]
}

// Where nothing is verified, one request gets all that comes within a second.
func TestUnverifiedDownloadIsOneRequest(t *testing.T) {
	whole := pattern(12 << 20)
	for name, c := range map[string]struct {
		unable bool
		size   int64
		first  string
	}{
		"fast":           {true, 100 << 20, "bytes=0-12582911"},
		"slow":           {true, 2 << 20, "bytes=0-2097151"},
		"verified, fast": {false, 100 << 20, "bytes=0-6291455"},
	} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				h := &hashingHost{testHost: w.host, unable: c.unable}
				w.Client.host = h
				w.download("first", MediaID(testKey, 10, false, 0, 0))
				w.host.only("GET").digested(pattern(10), pattern(10))
				w.host.settle()
				if !c.unable {
					h.hash()
				}
				w.pieceSize = c.size
				w.download("down", MediaID(testKey, int64(len(whole)), false, 0, 0))
				w.host.settle()
				assert.Equal(t, c.first, w.host.outstanding()[0].header("Range"))
				if name == "fast" {
					w.host.only("GET").digested(whole, whole)
					w.host.settle()
					assert.Contains(t, w.taken(), "down: ok")
				}
			})
		})
	}
}

// What breaks is fetched again in the smallest pieces; the rest is kept.
func TestABrokenPieceIsFetchedInSmallerOnes(t *testing.T) {
	inSession(t, func(w *world) {
		w.pieceSize = 100 << 20
		whole := pattern(12 << 20)
		w.download("down", MediaID(testKey, int64(len(whole)), false, 0, 0))
		w.host.settle()
		first, second := w.lanes()
		first.fail()
		second.piece(whole)
		assert.Empty(t, w.host.outstanding(), "after a wait")
		w.host.pass(firstRetryCap)
		var ranges []string
		for {
			w.host.settle()
			out := w.host.outstanding()
			if len(out) == 0 {
				break
			}
			ranges = append(ranges, out[0].header("Range"))
			w.alive(time.Second)
			out[0].piece(whole)
		}
		assert.Equal(t, []string{
			"bytes=0-1048575", "bytes=1048576-2097151", "bytes=2097152-3145727", "bytes=3145728-4194303",
			"bytes=4194304-5242879", "bytes=5242880-6291455",
		}, ranges)
		assert.Contains(t, w.taken(), "down: ok")
	})
}

// Nothing is heard of a large piece until it is there.
func TestSilentLargePiece(t *testing.T) {
	inSession(t, func(w *world) {
		w.pieceSize = 100 << 20
		w.download("down", MediaID(testKey, 9<<20, false, 0, 0))
		w.host.settle()
		first, second := w.lanes()
		w.alive(MediaSilenceLimit)
		assert.True(t, first.aborted)
		assert.True(t, second.aborted)
		w.alive(firstRetryCap)
		first, second = w.lanes()
		assert.Equal(t, "bytes=0-1048575", first.header("Range"))
		assert.False(t, first.NoProgress)
		assert.Equal(t, "bytes=1048576-2097151", second.header("Range"))
	})
}

func TestDownloadHasTheTypeThatTheGatewayTells(t *testing.T) {
	for told, mime := range map[string]string{
		"image/png": "image/png", "application/zip": "application/zip",
		"video/mp4": "video/mp4", "text/plain; charset=utf-8": "text/plain", "text/html": "application/octet-stream", "": "application/octet-stream",
	} {
		inSession(t, func(w *world) {
			var got *testBlob
			w.Download(MediaID(testKey, 1, false, 0, 0), w.shown("down"), func(b Blob, err *Error) {
				require.Nil(t, err)
				got = b.(*testBlob)
			})
			w.host.only("GET").pieceWith([]byte("x"), headers{"Content-Type": told})
			w.host.settle()
			require.NotNil(t, got)
			assert.Equal(t, mime, got.mime)
			assert.Equal(t, "x", string(got.b))
		})
	}
}

func TestDownloadChecks(t *testing.T) {
	inWorld(t, func(w *world) {
		w.download("bad id", "junk")
		w.download("not logged in", "0"+testKey+"1z1z10")
		assert.Equal(t, []string{"bad id: RtmInvalidArgumentError 2", "not logged in: RtmInvalidStatusError 102"}, w.taken())
	})
	inSession(t, func(w *world) {
		w.download("size 0", "0"+testKey+"1z1z0")
		w.interrupt()
		w.download("reconnecting", "0"+testKey+"1z1z10")
		assert.Equal(t, []string{"size 0: RtmInvalidArgumentError 2", "RECONNECTING INTERRUPTED", "reconnecting: RtmInvalidStatusError 102"}, w.taken())
		assert.Empty(t, w.host.requests)
	})
}

// What the gateway answers when trying again won't help.
func TestDownloadRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		header headers
		want   string
	}{
		{"unknown", 404, nil, "RtmUnavailableError 4"},
		{"expired", 410, nil, "RtmUnavailableError 4"},
		{"shorter than the id says", 416, headers{"Content-Range": "bytes */5"}, "RtmUnavailableError 1"},
		{"of another length", 206, headers{"Content-Range": "bytes 0-9/110"}, "RtmUnavailableError 1"},
		{"of unknown length", 206, nil, "RtmUnavailableError 1"},
		{"nothing", 204, nil, "RtmUnavailableError 1"},
		{"forbidden", 403, nil, "RtmUnavailableError 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inSession(t, func(w *world) {
				var got *Error
				w.Download("0"+testKey+"1z1z10", w.shown("down"), func(_ Blob, err *Error) { got = err })
				w.host.only("GET").answer(c.status, c.header, pattern(10))
				assert.Equal(t, c.want, outcome(got))
				assert.Equal(t, c.status, got.ServerCode)
				assert.Error(t, got.Cause)
				w.host.pass(5 * time.Second)
				assert.Empty(t, w.host.outstanding())
				assert.Empty(t, w.tasks)
			})
		})
	}
}

func TestDownloadCutShortIsRepeated(t *testing.T) {
	fails := map[string]func(*testRequest){
		"short body":   func(r *testRequest) { r.answer(206, headers{"Content-Range": "bytes 0-9/10"}, pattern(9)) },
		"network down": func(r *testRequest) { r.fail() },
		"put off":      func(r *testRequest) { r.answer(401, nil, nil) },
	}
	for name, fail := range fails {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				w.download("down", "0"+testKey+"1z1z10")
				r := w.host.only("GET")
				r.progress(6)
				fail(r)
				assert.Empty(t, w.host.outstanding())
				w.host.pass(firstRetryCap)
				r = w.host.only("GET")
				r.progress(3)
				r.progress(8)
				r.piece(pattern(10))
				w.host.settle()
				assert.Equal(t, []string{
					"down 0/10", "down 6/10", "down 8/10", "down 9/10", "down 10/10", "down: ok", "10 bytes of application/octet-stream",
				}, w.taken(), "never back")
			})
		})
	}
}

func TestDownloadStalls(t *testing.T) {
	inSession(t, func(w *world) {
		p := w.route(10)
		result := p.download()
		p.on = func(r *testRequest) bool {
			r.progress(1)
			return true
		}
		assert.InDelta(t, MediaStallTimeout.Seconds(), p.play(time.Hour).Seconds(), 1)
		assert.Equal(t, "RtmTimeoutError 3", outcome(result()))
		assert.Empty(t, w.host.outstanding())
	})
}

func TestCancelDownload(t *testing.T) {
	t.Run("under way", func(t *testing.T) {
		inSession(t, func(w *world) {
			task := w.download("down", "0"+testKey+"1z1z10")
			r := w.host.only("GET")
			task.Cancel()
			assert.True(t, r.aborted)
			w.host.pass(5 * time.Second)
			assert.Equal(t, []string{"down: RtmInterruptedError 6"}, w.taken())
			assert.Empty(t, w.host.outstanding(), "nothing is deleted")
		})
	})
	for _, at := range []string{"down 0/10", "down 9/10", "down 10/10"} {
		t.Run("inside "+at, func(t *testing.T) {
			inSession(t, func(w *world) {
				task := w.download("down", "0"+testKey+"1z1z10")
				w.on[at] = task.Cancel
				w.host.only("GET").piece(pattern(10))
				w.host.settle()
				got := w.taken()
				assert.Equal(t, []string{at, "down: RtmInterruptedError 6"}, got[len(got)-2:])
			})
		})
	}
}
