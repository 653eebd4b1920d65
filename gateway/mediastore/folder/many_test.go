package folder

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

// many makes so many files cheaply: all are the same one.
func many(t testing.TB, f *Folder, n int) {
	store(t, f, app, testKey(0), content(100))
	first := filepath.Join(f.opts.Dir, filePath(app, testKey(0)))
	made := map[string]bool{}
	for i := range n {
		name := filepath.Join(f.opts.Dir, filePath(app, media.Key(created, fmt.Sprintf("%02x%056x", i%256, i+1))))
		if dir := path.Dir(name); !made[dir] {
			require.NoError(t, os.MkdirAll(dir, dirMode))
			made[dir] = true
		}
		require.NoError(t, os.Link(first, name))
	}
}

// However many files are there, a start, a read and a sweep that has nothing to remove do the
// same, and hold nothing in memory for them.
func TestManyFilesCostNothing(t *testing.T) {
	few, full := open(t, t.TempDir()), open(t, t.TempDir())
	many(t, few, 1)
	many(t, full, 20_000)
	hour := created.Truncate(time.Hour)
	for what, do := range map[string]func(f *Folder){
		"start": func(f *Folder) { require.NoError(t, open(t, f.opts.Dir).Close()) },
		"read": func(f *Folder) {
			_, r, err := f.Open(t.Context(), app, testKey(0))
			require.NoError(t, err)
			require.NoError(t, r.Close())
		},
		"sweep": func(f *Folder) { require.NoError(t, f.Sweep(t.Context(), hour, hour, nil)) },
	} {
		assert.InDelta(t, testing.AllocsPerRun(10, func() { do(few) }), testing.AllocsPerRun(10, func() { do(full) }), 5, what)
	}
	require.NoError(t, full.Sweep(t.Context(), hour.Add(time.Hour), hour, nil))
	assert.Empty(t, names(t, full.opts.Dir))
}
