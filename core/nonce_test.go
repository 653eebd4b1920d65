package core

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nonceOf is the nonce of a creation, as the gateway decodes it.
func nonceOf(r *testRequest) string {
	r.t.Helper()
	coded, ok := strings.CutPrefix(r.header("Upload-Metadata"), "nonce ")
	require.True(r.t, ok)
	nonce, err := base64.StdEncoding.Strict().DecodeString(coded)
	require.NoError(r.t, err)
	require.Len(r.t, nonce, 18)
	return string(nonce)
}

func TestNoncesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		seen[newNonce()] = true
	}
	assert.Len(t, seen, 1000)
}

func TestRepeatedCreationHasItsNonce(t *testing.T) {
	for name, size := range map[string]int{"with body": 10, "without": bigUpload} {
		t.Run(name, func(t *testing.T) {
			inSession(t, func(w *world) {
				w.upload("up", w.blob(size))
				first := w.host.only("POST")
				first.fail()
				w.host.pass(firstRetryCap)
				second := w.host.only("POST")
				assert.Equal(t, nonceOf(first), nonceOf(second))
				second.created(testKey, 5) // of the first
				rest := w.host.only("PATCH")
				assert.Equal(t, "5", rest.header("Upload-Offset"))
				rest.has(int64(size))
				assert.Contains(t, w.taken(), "up: ok")
			})
		})
	}
}

func TestEachUploadHasItsNonce(t *testing.T) {
	inSession(t, func(w *world) {
		w.upload("one", w.blob(10))
		w.upload("two", w.blob(10))
		w.host.settle()
		out := w.host.outstanding()
		require.Len(t, out, 2)
		assert.NotEqual(t, nonceOf(out[0]), nonceOf(out[1]))
	})
	inSession(t, func(w *world) {
		w.upload("up", w.blob(bigUpload))
		first := w.host.only("POST")
		first.created(testKey, 0)
		w.host.only("PATCH").answer(404, nil, nil)
		w.host.pass(firstRetryCap)
		assert.NotEqual(t, nonceOf(first), nonceOf(w.host.only("POST")), "what begins anew")
	})
}

// The answer to a creation that a pause has overtaken says something only while nobody
// knows better.
func TestLateAnswerToACreation(t *testing.T) {
	begin := func(w *world) (task *Task, first, second *testRequest) {
		task = w.upload("up", w.blob(10))
		first = w.host.only("POST")
		w.interrupt()
		w.redialled()
		w.resumed()
		out := w.host.outstanding()
		require.Len(w.t, out, 2)
		require.Same(w.t, first, out[0])
		return task, first, out[1]
	}
	t.Run("while the second is under way", func(t *testing.T) {
		inSession(t, func(w *world) {
			_, first, second := begin(w)
			first.created(testKey, 10)
			second.created(testKey, 10)
			assert.Contains(t, w.taken(), "up: ok")
			assert.Empty(t, w.host.outstanding())
		})
	})
	t.Run("after the task is done", func(t *testing.T) {
		inSession(t, func(w *world) {
			_, first, second := begin(w)
			second.created(testKey, 10)
			first.created(testKey, 10)
			assert.Contains(t, w.taken(), "up: ok")
			assert.Empty(t, w.host.outstanding())
		})
	})
	t.Run("after the task was cancelled", func(t *testing.T) {
		inSession(t, func(w *world) {
			task, first, second := begin(w)
			task.Cancel()
			second.fail()
			first.created(testKey, 10)
			assert.Equal(t, "https://gw.example/media/"+testKey, w.host.only("DELETE").URL)
		})
	})
	t.Run("after the task began anew", func(t *testing.T) {
		inSession(t, func(w *world) {
			_, first, second := begin(w)
			other := "f" + testKey[1:]
			second.created(other, 0)
			w.host.beside(t, first, "PATCH").answer(404, nil, nil)
			w.host.pass(firstRetryCap)
			first.created(testKey, 10)
			out := w.host.outstanding()
			require.Len(t, out, 2)
			assert.Equal(t, "POST", out[0].Method)
			assert.Equal(t, "DELETE", out[1].Method)
		})
	})
}

// beside is the outstanding request of a method beside one that waits.
func (h *testHost) beside(t *testing.T, waiting *testRequest, method string) *testRequest {
	t.Helper()
	h.settle()
	for _, r := range h.outstanding() {
		if r != waiting && r.Method == method {
			return r
		}
	}
	require.Fail(t, "no "+method)
	return nil
}
