package native_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/native"
)

// The picture is read from a file, and so is the result.
func TestStripMetadata(t *testing.T) {
	var plain bytes.Buffer
	require.NoError(t, jpeg.Encode(&plain, image.NewGray(image.Rect(0, 0, 300, 200)), nil))
	picture := append([]byte("\xff\xd8\xff\xfe\x00\x08secret"), plain.Bytes()[2:]...)
	name := filepath.Join(t.TempDir(), "a.jpg")
	require.NoError(t, os.WriteFile(name, append(picture, "and behind"...), 0o600))
	file, err := os.Open(name)
	require.NoError(t, err)
	defer file.Close()

	h := native.NewHost()
	stripped := make(chan core.Blob, 1)
	h.Do(func() {
		core.StripMetadata(h, h.Blob(file, int64(len(picture)+10)), func(b core.Blob, err error) {
			assert.NoError(t, err)
			stripped <- b
		})
	})
	b, err := io.ReadAll(io.NewSectionReader((<-stripped).(*native.Blob), 0, 1<<20))
	require.NoError(t, err)
	assert.Equal(t, plain.Bytes(), b)
}
