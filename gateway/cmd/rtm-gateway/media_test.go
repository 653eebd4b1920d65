package main

import (
	"bytes"
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A folder in which nothing can be stored stops no gateway: it gives what is there, and messages need no folder.
func TestAFolderThatTakesNothingIsLogged(t *testing.T) {
	for minFree, want := range map[size]int{0: 0, 1 << 60: 1} {
		var log bytes.Buffer
		o := options{data: t.TempDir(), minFree: minFree}
		files, err := o.openMedia(t.Context(), make([]byte, 32), slog.New(slog.NewTextHandler(&log, nil)))
		require.NoError(t, err)
		require.NoError(t, files.(io.Closer).Close())
		assert.Equal(t, want, bytes.Count(log.Bytes(), []byte("no media can be stored: uploads are refused")), "%s", &log)
		assert.Equal(t, want, bytes.Count(log.Bytes(), []byte("folder="+filepath.Join(o.data, mediaDir))), "%s", &log)
	}
}
