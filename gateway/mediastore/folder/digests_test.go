package folder

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

var digestSizes = []int{1, core.MediaDigestBytes, core.MediaDigestBytes + 1, 3*core.MediaDigestBytes + 7}

// finish stores a file whose digests are not known.
func finish(t testing.TB, f *Folder, key string, b []byte) {
	p := write(t, f, app, key, 0, b)
	info := infoOf(app, key, b)
	info.Digest, info.Sums = [32]byte{}, nil
	require.NoError(t, p.Finish(t.Context(), info))
	require.NoError(t, p.Close())
}

// written are the digests that the file itself tells.
func written(t testing.TB, f *Folder, key string, size int) media.Info {
	file, err := f.root.Open(filePath(app, key))
	require.NoError(t, err)
	defer file.Close()
	info := media.Info{Ref: media.Ref{App: app, Key: key}, Size: int64(size)}
	require.NoError(t, f.readDigests(file, &info))
	return info
}

func TestDigestsAreTakenOfWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	for i, size := range digestSizes {
		key, b := testKey(byte(i)), content(size)
		finish(t, f, key, b)
		requireFile(t, f, app, key, b)
		f.running.Wait()
		assert.Equal(t, infoOf(app, key, b).Digest, written(t, f, key, size).Digest)
		requireFile(t, open(t, dir), app, key, b)
	}
}

// The gateway is killed before it has taken the digests, or what it wrote of them was lost.
func TestDigestsThatAreNotThereAreTakenByWhoOpensTheFile(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	for i, size := range digestSizes {
		key, b := testKey(byte(i)), content(size)
		store(t, f, app, key, b)
		right, err := os.ReadFile(filepath.Join(dir, filePath(app, key)))
		require.NoError(t, err)
		for _, spoil := range []func([]byte){
			func(digests []byte) { clear(digests) },
			func(digests []byte) { clear(digests[len(digests)/2:]) },
			func(digests []byte) { digests[len(digests)-1] ^= 1 },
		} {
			file, err := os.OpenFile(filepath.Join(dir, filePath(app, key)), os.O_RDWR, 0)
			require.NoError(t, err)
			digests := append([]byte(nil), right[size:size+digestsBytes(int64(size))]...)
			spoil(digests)
			_, err = file.WriteAt(digests, int64(size))
			require.NoError(t, err)
			require.NoError(t, file.Close())
			assert.False(t, written(t, f, key, size).Digested())
			requireFile(t, open(t, dir), app, key, b)
			now, err := os.ReadFile(filepath.Join(dir, filePath(app, key)))
			require.NoError(t, err)
			assert.Equal(t, right, now)
		}
	}
}

// Where uploads come faster than their digests can be taken, they wait for them.
func TestTooManyLateDigests(t *testing.T) {
	f := open(t, t.TempDir())
	for range cap(f.background) {
		require.True(t, f.reserveBackground(core.MaxMediaBytes))
	}
	key, b := testKey(0), content(2*core.MediaDigestBytes)
	finish(t, f, key, b)
	assert.Equal(t, infoOf(app, key, b).Digest, written(t, f, key, len(b)).Digest)
	for range cap(f.background) {
		f.digestInBackground("", "", media.ErrConflict)
	}
	assert.True(t, f.reserveBackground(int64(len(b))))
}
