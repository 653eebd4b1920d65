package media_test

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// size is what the files of the data folder hold, in bytes.
func (s *server) size() (n int64) {
	require.NoError(s.t, filepath.WalkDir(s.dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil // a file may go while the walk is under way
		}
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
		return nil
	}))
	return n
}

// What was cancelled, abandoned or has expired is gone from the disk, not just from
// lists.
func TestTheDataFolderReturnsToItsLevel(t *testing.T) {
	const piece = 6 << 20
	s := newServer(t, func(s *server) {
		s.maxAge = 2 * time.Second
		s.config.IdleLimit = time.Nanosecond
	})
	c := s.as(appA, "anna", "s1")
	c.uploaded(randomBytes(1, 1000)) // what the engine keeps for itself is there
	level := s.size()

	for i := range 4 {
		path := c.created(2 * piece)
		require.Equal(t, 204, c.patch(path, 0, bytes.NewReader(randomBytes(uint64(i), piece))).status)
		if i%2 == 0 {
			require.Equal(t, 204, c.do("DELETE", path, nil).status) // cancelled
		}
	}
	c.uploaded(randomBytes(9, piece)) // expires
	assert.Greater(t, s.size(), level+2*piece)
	removed, err := s.handler.Sweep(t.Context()) // abandoned
	require.NoError(t, err)
	assert.Equal(t, 2, removed)
	require.Eventually(t, func() bool { return s.size() < level+64<<10 }, 30*time.Second, 50*time.Millisecond)
}
