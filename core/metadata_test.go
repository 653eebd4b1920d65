package core

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// commented is a JPEG with a comment of n bytes in it.
func commented(t testing.TB, n int) (plain, picture []byte) {
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 20)), nil))
	plain = b.Bytes()
	comment := append([]byte{0xff, 0xfe, byte((n + 2) >> 8), byte(n + 2)}, bytes.Repeat([]byte("secret "), n)[:n]...)
	return plain, append(append(bytes.Clone(plain[:2]), comment...), plain[2:]...)
}

func TestStripMetadata(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &testHost{t: t}
		strip := func(b []byte) (in, out *testBlob) {
			in = &testBlob{h: h, b: b, mime: "image/jpg"}
			StripMetadata(h, in, func(b Blob, err error) {
				require.NoError(t, err)
				out = b.(*testBlob)
			})
			assert.Nil(t, out, "it is not done inside the call")
			for range 100 {
				h.settle()
			}
			require.NotNil(t, out)
			return in, out
		}
		plain, picture := commented(t, 40_000)
		_, out := strip(picture)
		assert.Equal(t, plain, out.b)
		assert.Equal(t, "image/jpeg", out.mime)

		in, out := strip(plain)
		assert.Same(t, in, out)
		in, out = strip([]byte("no picture"))
		assert.Same(t, in, out)
	})
}

func TestStripMetadataOfWhatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &testHost{t: t}
		_, picture := commented(t, 10)
		var got error
		StripMetadata(h, &testBlob{h: h, b: picture, err: textError("gone")}, func(b Blob, err error) {
			assert.Nil(t, b)
			got = err
		})
		h.settle()
		assert.EqualError(t, got, "gone")
	})
}
