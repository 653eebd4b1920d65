//go:build js && wasm

package jsbridge

import (
	"crypto/sha256"
	"testing"

	"github.com/hack-pad/safejs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHostHashesWhereThePageCan(t *testing.T) {
	b := newBlob([]any{made(fromBytes([]byte("abc")))}, "")
	h := &host{timers: newTimers()}
	defer h.release()
	require.False(t, h.SHA256(b, 4, func([]byte, error) { assert.Fail(t, "it said that it can't") }))

	for body, want := range map[string]func(sum []byte, err error){
		"if (part !== 4) throw part; return b.arrayBuffer().then((b) => crypto.subtle.digest('SHA-256', b)).then((d) => new Uint8Array(d))": func(sum []byte, err error) {
			abc := sha256.Sum256([]byte("abc"))
			assert.NoError(t, err)
			assert.Equal(t, abc[:], sum)
		},
		"return Promise.reject(new Error('no memory'))": func(sum []byte, err error) {
			assert.EqualError(t, err, "no memory")
			assert.Nil(t, sum)
		},
	} {
		require.NoError(t, safejs.Global().Set("sha256", made(construct("Function", "b", "part", body))))
		before := liveCallbacks
		done := make(chan struct{})
		require.True(t, h.SHA256(b, 4, func(sum []byte, err error) {
			want(sum, err)
			close(done)
		}))
		<-done
		assert.Equal(t, before, liveCallbacks)
	}
	require.NoError(t, safejs.Global().Delete("sha256"))
}
