// Package storetest makes stores for tests of packages that use a store.
package storetest

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/mediastore/folder"
)

// New makes a Store in a temporary folder, or in the folder dir.
func New(t testing.TB, records mediastore.Records, dir ...string) *mediastore.Store {
	t.Helper()
	files, err := folder.Open(folder.Options{Dir: filepath.Join(append(dir, t.TempDir())[0], "media"), Secret: records.Secret()})
	require.NoError(t, err)
	s := mediastore.New(mediastore.Options{Records: records, Files: files})
	t.Cleanup(func() {
		_ = s.Close() // Records may be closed already
		require.NoError(t, files.Close())
	})
	return s
}
