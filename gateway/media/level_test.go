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

// size is what the files of the data folder hold, in bytes, and what the bucket holds if
// there is one.
func (s *server) size() (n int64) {
	if bucket := bucketDir(s.dir); bucket != "" {
		n = sizeOf(s.t, bucket)
	}
	return n + sizeOf(s.t, s.dir)
}

func sizeOf(t testing.TB, dir string) (n int64) {
	require.NoError(t, filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
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

// returnsTo waits until the data folder is back at its level: what is gone from lists is
// gone from the disk too.
func (s *server) returnsTo(level int64) {
	require.Eventually(s.t, func() bool { return s.size() < level+64<<10 }, time.Minute, 50*time.Millisecond)
}

func TestTheDataFolderReturnsToItsLevelAfterUnfinishedUploads(t *testing.T) {
	const piece = 6 << 20
	s := newServer(t, func(s *server) { s.config.IdleLimit = time.Nanosecond })
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
	assert.Greater(t, s.size(), level+piece)
	removed, err := s.handler.Sweep(t.Context()) // abandoned
	require.NoError(t, err)
	assert.Equal(t, 2, removed)
	s.returnsTo(level)
}

func TestTheDataFolderReturnsToItsLevelAfterMediaExpire(t *testing.T) {
	const piece = 6 << 20
	s := newServer(t)
	c := s.as(appA, "anna", "s1")
	c.uploaded(randomBytes(1, 1000))
	level := s.size()

	c.uploaded(randomBytes(9, piece))
	assert.Greater(t, s.size(), level+piece/2)
	// Up to an hour late: all of an hour's files go together.
	require.NoError(t, s.files.Sweep(t.Context(), time.Now().Add(time.Hour), time.Time{}, nil))
	s.returnsTo(level)
}
