package core

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A lasting upload asks first what the gateway has, and leaves it there when it fails.
func TestLastingUpload(t *testing.T) {
	const nonce = "0123456789abcdefghijklmn"
	inSession(t, func(w *world) {
		up := func(name string) *Task {
			return w.uploadWith(name, w.blob(10), UploadParams{Nonce: nonce})
		}
		up("first")
		r := w.host.only("POST")
		assert.Nil(t, r.Body, "the gateway may have some of it")
		assert.Equal(t, "nonce "+nonce+",lasting", r.header("Upload-Metadata"))
		r.created(testKey, 4)
		rest := w.host.only("PATCH")
		assert.Equal(t, "4", rest.header("Upload-Offset"))
		rest.answer(404, nil, nil)
		w.host.pass(firstRetryCap)
		again := w.host.only("POST")
		assert.Equal(t, "nonce "+nonce+",lasting", again.header("Upload-Metadata"), "begun again, and found again")
		again.answer(400, nil, nil)
		assert.NotEmpty(t, w.taken())
		w.host.settle()
		assert.Empty(t, w.host.outstanding(), "what has arrived stays")

		task := up("second")
		w.host.settle()
		w.host.outstanding()[0].created(testKey, 4)
		w.host.settle()
		task.Cancel()
		w.host.settle()
		assert.Equal(t, "DELETE", w.host.only("DELETE").Method)
	})
}

func TestSendOnce(t *testing.T) {
	inSession(t, func(w *world) {
		for _, number := range []uint64{9, 0} {
			o := textMessage("x")
			o.Number, o.Origin = number, 5
			w.SendToPeer("bob", o, false, w.sending("x"))
			frames := w.host.socket().frames
			send := frames[len(frames)-1].Send
			require.NotNil(t, send)
			assert.Equal(t, number != 0, send.Once)
			if number != 0 {
				assert.Equal(t, []uint64{5, 9}, []uint64{send.Origin, send.Number})
			} else {
				assert.Equal(t, []uint64{w.senderID, 1}, []uint64{send.Origin, send.Number})
			}
		}
	})
}
