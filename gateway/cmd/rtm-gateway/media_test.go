package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
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

// A share that is not mounted is not filled on the machine's own disk.
func TestASharedFolderMustExist(t *testing.T) {
	o := options{data: t.TempDir(), nats: natsOptions{servers: "nats://n1"}}
	o.media.where = filepath.Join(t.TempDir(), "share")
	log := slog.New(slog.DiscardHandler)
	_, err := o.openMedia(t.Context(), make([]byte, 32), log)
	require.ErrorContains(t, err, "--media: there is no folder "+o.media.where+": mount the storage that all gateways share, and create the folder there once")
	assert.NoDirExists(t, o.media.where)

	require.NoError(t, os.Mkdir(o.media.where, 0o700))
	files, err := o.openMedia(t.Context(), make([]byte, 32), log)
	require.NoError(t, err)
	require.NoError(t, files.(io.Closer).Close())
}
