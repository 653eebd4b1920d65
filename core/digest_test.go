package core

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReprDigest(t *testing.T) {
	for n := range 40 {
		sum := pattern(n)
		assert.Equal(t, "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":", reprDigest(sum))
	}
}

// hashingHost is a testHost that can hash, when the test says so.
type hashingHost struct {
	*testHost
	hash func() // of the Blob asked for last; nil if none
	err  error

	unable bool
	part   int64 // what is asked for, if not MediaDigestBytes
}

func (h *hashingHost) SHA256(b Blob, part int64, done func([]byte, error)) (able bool) {
	require.Equal(h.t, max(h.part, MediaDigestBytes), part)
	if h.unable {
		return false
	}
	h.hash = func() {
		h.hash = nil
		if h.err != nil {
			done(nil, h.err)
			return
		}
		if h.part > 0 {
			sum := sha256.Sum256(b.(*testBlob).b)
			done(sum[:], nil)
			return
		}
		done(sumsOf(b.(*testBlob).b), nil)
	}
	return true
}

// verifying downloads whole with a host that can hash.
func verifying(t *testing.T, whole []byte, f func(w *world, h *hashingHost, task *Task)) {
	t.Helper()
	inSession(t, func(w *world) {
		h := &hashingHost{testHost: w.host}
		w.Client.host = h
		f(w, h, w.download("down", MediaID(testKey, int64(len(whole)), false, 0, 0)))
	})
}

// sumsOf are the digests of the parts of b.
func sumsOf(b []byte) (out []byte) {
	for part := range slices.Chunk(b, MediaDigestBytes) {
		sum := sha256.Sum256(part)
		out = append(out, sum[:]...)
	}
	return out
}

// digested answers with a piece of got, told to be of a file that is whole.
func (r *testRequest) digested(got, whole []byte) {
	r.t.Helper()
	sum := sha256.Sum256(whole)
	first, last := r.span()
	r.pieceWith(got, headers{"Repr-Digest": reprDigest(sum[:]), "Part-Digest": reprDigest(sumsOf(whole[first : last+1]))})
}

func wholeDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return reprDigest(sum[:])
}

func damaged(b []byte) []byte {
	out := append([]byte(nil), b...)
	out[len(out)/2] ^= 1
	return out
}

func TestDownloadIsVerifiedBeforeItIsDone(t *testing.T) {
	whole := pattern(10)
	verifying(t, whole, func(w *world, h *hashingHost, _ *Task) {
		w.host.only("GET").digested(whole, whole)
		w.host.settle()
		assert.Equal(t, []string{"down 0/10", "down 9/10"}, w.taken())
		require.NotNil(t, h.hash)
		h.hash()
		assert.Equal(t, []string{"down 10/10", "down: ok", "10 bytes of application/octet-stream"}, w.taken())
	})
}

func TestDamagedDownloadIsFetchedOnceMore(t *testing.T) {
	whole := pattern(10)
	verifying(t, whole, func(w *world, h *hashingHost, _ *Task) {
		w.host.only("GET").digested(damaged(whole), whole)
		w.host.settle()
		h.hash()
		r := w.host.only("GET")
		assert.Equal(t, "bytes=0-9", r.header("Range"))
		r.progress(5)
		r.digested(whole, whole)
		w.host.settle()
		h.hash()
		assert.Equal(t, []string{"down 0/10", "down 9/10", "down 10/10", "down: ok", "10 bytes of application/octet-stream"}, w.taken(), "progress never falls")
	})
}

func TestDownloadDamagedTwice(t *testing.T) {
	whole := pattern(10)
	inSession(t, func(w *world) {
		h := &hashingHost{testHost: w.host}
		w.Client.host = h
		var got *Error
		w.Download(MediaID(testKey, 10, false, 0, 0), w.shown("down"), func(b Blob, err *Error) {
			assert.Nil(t, b)
			got = err
		})
		for range 2 {
			require.Nil(t, got)
			w.host.only("GET").digested(damaged(whole), whole)
			w.host.settle()
			h.hash()
		}
		require.NotNil(t, got)
		assert.Equal(t, "RtmUnavailableError 1", outcome(got))
		require.NotNil(t, got.Cause)
		assert.Contains(t, got.Cause.Error(), "digest")
		w.host.pass(5 * time.Second)
		assert.Empty(t, w.host.outstanding())
		assert.Empty(t, w.tasks)
	})
}

func TestDownloadThatCannotBeHashed(t *testing.T) {
	whole := pattern(10)
	verifying(t, whole, func(w *world, h *hashingHost, _ *Task) {
		h.err = textError("no memory")
		w.host.only("GET").digested(whole, whole)
		w.host.settle()
		h.hash()
		assert.Contains(t, w.taken(), "down: RtmUnavailableError 1")
	})
}

func TestDownloadWithoutADigestIsNotHashed(t *testing.T) {
	whole := pattern(10)
	verifying(t, whole, func(w *world, h *hashingHost, _ *Task) {
		w.host.only("GET").piece(whole)
		w.host.settle()
		assert.Nil(t, h.hash)
		assert.Contains(t, w.taken(), "down: ok")
	})
	verifying(t, whole, func(w *world, h *hashingHost, _ *Task) {
		h.unable = true
		w.host.only("GET").digested(whole, damaged(whole))
		w.host.settle()
		assert.Contains(t, w.taken(), "down: ok")
	})
	inSession(t, func(w *world) { // a host that is no Digester
		w.download("down", MediaID(testKey, 10, false, 0, 0))
		w.host.only("GET").digested(whole, damaged(whole))
		w.host.settle()
		assert.Contains(t, w.taken(), "down: ok")
	})
}

// Pieces of two files are not joined, whether the host can hash or not.
func TestPiecesMustBeOfOneFile(t *testing.T) {
	whole := pattern(MediaPartBytes + 5)
	inSession(t, func(w *world) {
		w.download("down", MediaID(testKey, int64(len(whole)), false, 0, 0))
		w.host.settle()
		first, second := w.lanes()
		first.digested(whole, whole)
		second.digested(whole, damaged(whole))
		w.taken()
		r := w.host.only("GET")
		assert.Equal(t, "bytes=1048576-1048580", r.header("Range"), "only that piece")
		r.piece(whole) // no digest at all
		assert.Equal(t, []string{"down: RtmUnavailableError 1"}, w.taken())
	})
}

// Only what was damaged is fetched again.
func TestDamagedPiece(t *testing.T) {
	whole := pattern(2*MediaPartBytes + 5)
	verifying(t, whole, func(w *world, h *hashingHost, _ *Task) {
		w.host.settle()
		first, second := w.lanes()
		first.digested(whole, whole)
		h.hash()
		second.digested(damaged(whole), whole)
		hash := h.hash
		w.host.only("GET").digested(whole, whole) // the last
		h.hash()
		hash()
		r := w.host.only("GET")
		assert.Equal(t, "bytes=1048576-2097151", r.header("Range"))
		r.digested(whole, whole)
		w.host.settle()
		h.hash()
		assert.Contains(t, w.taken(), "down: ok")
	})
}

func TestCancelWhileHashing(t *testing.T) {
	whole := pattern(10)
	verifying(t, whole, func(w *world, h *hashingHost, task *Task) {
		w.host.only("GET").digested(damaged(whole), whole)
		w.host.settle()
		w.taken()
		task.Cancel()
		h.hash()
		w.host.pass(5 * time.Second)
		assert.Equal(t, []string{"down: RtmInterruptedError 6"}, w.taken())
		assert.Empty(t, w.host.outstanding())
	})
}

func TestPauseWhileHashing(t *testing.T) {
	whole := pattern(10)
	for name, got := range map[string][]byte{"whole": whole, "damaged": damaged(whole)} {
		t.Run(name, func(t *testing.T) {
			verifying(t, whole, func(w *world, h *hashingHost, _ *Task) {
				w.host.only("GET").digested(got, whole)
				w.host.settle()
				hash := h.hash
				w.interrupt()
				if name == "damaged" {
					hash()
					assert.Empty(t, w.host.outstanding(), "not while the session is down")
				}
				w.redialled()
				w.resumed()
				if name == "damaged" {
					w.host.only("GET").digested(whole, whole)
					w.host.settle()
					hash = h.hash
				}
				assert.Empty(t, w.host.outstanding())
				hash()
				assert.Nil(t, h.hash, "hashed once")
				assert.Contains(t, w.taken(), "down: ok")
			})
		})
	}
}
