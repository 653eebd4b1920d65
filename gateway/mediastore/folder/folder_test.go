package folder

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

const app = "0123456789abcdef0123456789abcdef"

var created = time.Date(2026, 1, 2, 12, 30, 0, 0, time.UTC)

func testKey(n byte) string {
	return media.Key(created, strings.Repeat("0", 56)+string("0123456789abcdef"[n>>4])+string("0123456789abcdef"[n&15]))
}

func open(t testing.TB, dir string) *Folder {
	f, err := Open(Options{Dir: dir, Secret: make([]byte, secretBytes), NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func content(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func infoOf(app, key string, b []byte) media.Info {
	info := media.Info{
		Ref: media.Ref{App: app, Key: key}, UID: "anna", Metadata: map[string]string{"filename": "ä.png"},
		Size: int64(len(b)), Offset: int64(len(b)), Created: created, Touched: created.Add(time.Second), Type: "image/png", Digest: sha256.Sum256(b),
	}
	info.Expected = info.Digest[:]
	for rest := b; len(rest) > 0; rest = rest[min(len(rest), core.MediaDigestBytes):] {
		sum := sha256.Sum256(rest[:min(len(rest), core.MediaDigestBytes)])
		info.Sums = append(info.Sums, sum[:]...)
	}
	return info
}

func write(t testing.TB, f mediastore.Files, app, key string, offset int64, b []byte) mediastore.Part {
	p, err := f.Part(t.Context(), app, key, offset)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	_, err = p.Write(b)
	require.NoError(t, err)
	return p
}

func store(t testing.TB, f mediastore.Files, app, key string, b []byte) {
	p := write(t, f, app, key, 0, b)
	require.NoError(t, p.Finish(t.Context(), infoOf(app, key, b)))
	require.NoError(t, p.Close())
}

func requireFile(t testing.TB, f mediastore.Files, app, key string, want []byte) {
	info, r, err := f.Open(t.Context(), app, key)
	require.NoError(t, err)
	defer r.Close()
	assert.Equal(t, infoOf(app, key, want), info)
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, got))
	stat, err := f.Stat(t.Context(), app, key)
	require.NoError(t, err)
	assert.Equal(t, info, stat)
}

// names are all files below the folder.
func names(t testing.TB, dir string) (all []string) {
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, path)
		}
		return err
	}))
	return all
}

func TestAFileComesBack(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	for i, n := range []int{1, 511, tailBytes, core.MediaDigestBytes, core.MediaDigestBytes + 1, 20*core.MediaDigestBytes + 7} {
		store(t, f, app, testKey(byte(i)), content(n))
		requireFile(t, f, app, testKey(byte(i)), content(n))
		requireFile(t, open(t, dir), app, testKey(byte(i)), content(n))
	}
	_, err := f.Stat(t.Context(), strings.ToUpper(app), testKey(1))
	require.ErrorIs(t, err, media.ErrNotFound, "another app's")
	assert.Empty(t, names(t, filepath.Join(dir, partsDir)))
	p := write(t, f, app, testKey(1), 0, content(511))
	require.ErrorIs(t, p.Finish(t.Context(), infoOf(app, testKey(1), content(511))), media.ErrConflict)
	require.NoError(t, f.Remove(t.Context(), app, testKey(1)))
	require.NoError(t, f.Remove(t.Context(), app, testKey(1)))
	_, _, err = f.Open(t.Context(), app, testKey(1))
	require.ErrorIs(t, err, media.ErrNotFound)
}

func TestAPartGoesOnWhereItIsTold(t *testing.T) {
	f, key, b := open(t, t.TempDir()), testKey(0), content(3000)
	p := write(t, f, app, key, 0, b[:2000])
	require.NoError(t, p.Sync(t.Context()))
	_, err := f.Stat(t.Context(), app, key)
	require.ErrorIs(t, err, media.ErrNotFound, "it is unfinished")
	_, err = f.Part(t.Context(), app, key, 2001)
	require.ErrorIs(t, err, media.ErrNotFound, "not all is there")

	p = write(t, f, app, key, 1000, b[1000:])
	first := make([]byte, 1500)
	_, err = p.ReadAt(first, 0)
	require.NoError(t, err)
	assert.Equal(t, b[:1500], first)
	require.NoError(t, p.Finish(t.Context(), infoOf(app, key, b)))
	requireFile(t, f, app, key, b)
	_, err = f.Part(t.Context(), app, key, 1000)
	require.ErrorIs(t, err, media.ErrNotFound, "it is finished")
}

func TestAnUploadBegunAgainIsAnotherFile(t *testing.T) {
	f, key, b := open(t, t.TempDir()), testKey(0), content(1000)
	late := write(t, f, app, key, 0, b[:10])
	store(t, f, app, key, b)
	_, err := late.Write([]byte("what comes too late"))
	require.NoError(t, err)
	requireFile(t, f, app, key, b)
}

// If the power fails behind the fsync, the rename may be lost.
func TestALostRenameIsMadeAgain(t *testing.T) {
	dir, key, b := t.TempDir(), testKey(0), content(1000)
	f := open(t, dir)
	store(t, f, app, key, b)
	lose := func() {
		require.NoError(t, f.root.Rename(filePath(app, key), partsDir+"/"+partName(app, key)))
	}
	lose()
	requireFile(t, open(t, dir), app, key, b)
	lose()
	_, err := f.Stat(t.Context(), app, key)
	require.NoError(t, err)

	lose()
	require.NoError(t, f.Sweep(t.Context(), created, time.Now().Add(time.Hour), func(_, key string) { t.Error(key) }))
	assert.Empty(t, names(t, filepath.Join(dir, partsDir)), "a sweep places it too")
	requireFile(t, f, app, key, b)

	lose() // and the other app can't have it
	require.NoError(t, f.parts.Rename(partName(app, key), partName(strings.Repeat("a", 32), key)))
	_, err = f.Stat(t.Context(), strings.Repeat("a", 32), key)
	require.ErrorIs(t, err, media.ErrNotFound)
}

// What a user uploads may look like a finished file: it is none.
func TestNobodyUploadsATrailer(t *testing.T) {
	f, other := open(t, t.TempDir()), open(t, t.TempDir())
	other.opts.Secret = content(secretBytes)
	b := content(100)
	info := infoOf(app, testKey(0), b)
	info.Type = "text/html"
	forged := append(bytes.Clone(b), other.trailer(info)...)
	p := write(t, f, app, testKey(0), 0, forged)
	require.NoError(t, p.Sync(t.Context()))
	_, _, err := f.Open(t.Context(), app, testKey(0))
	require.ErrorIs(t, err, media.ErrNotFound)
}

func TestAnUnfinishedTrailerIsNone(t *testing.T) {
	dir, key, b := t.TempDir(), testKey(0), content(1000)
	f := open(t, dir)
	trailer := f.trailer(infoOf(app, key, b))
	for n := range len(trailer) {
		p := write(t, f, app, key, 0, append(bytes.Clone(b), trailer[:n]...))
		require.NoError(t, p.Close())
		_, err := f.Stat(t.Context(), app, key)
		require.ErrorIs(t, err, media.ErrNotFound)
	}
	p := write(t, f, app, key, int64(len(b)), nil)
	require.NoError(t, p.Finish(t.Context(), infoOf(app, key, b)))
	requireFile(t, f, app, key, b)
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	store(t, f, app, testKey(0), content(10))
	store(t, f, app, media.Key(created.Add(time.Hour), media.KeyID(testKey(1))), content(11))
	part := write(t, f, app, testKey(2), 0, content(12))
	require.NoError(t, os.WriteFile(filepath.Join(dir, filesDir, "lost+found"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, partsDir, "lost+found"), nil, 0o600))
	var gone []string
	sweep := func(expired, idle time.Time, left int) {
		t.Helper()
		require.NoError(t, f.Sweep(context.Background(), expired, idle, func(app, key string) { gone = append(gone, app+key) }))
		assert.Len(t, names(t, dir), 2+left)
	}
	hour := created.Truncate(time.Hour)
	sweep(hour.Add(time.Hour-1), time.Time{}, 3)
	sweep(hour.Add(time.Hour), hour, 2)
	_, err := f.Stat(t.Context(), app, testKey(0))
	require.ErrorIs(t, err, media.ErrNotFound)
	require.NoError(t, os.Chtimes(filepath.Join(dir, partsDir, partName(app, testKey(2))), created, created))
	sweep(hour, created, 2)
	assert.Empty(t, gone)
	sweep(hour, created.Add(time.Second), 1)
	assert.Equal(t, []string{app + testKey(2)}, gone)
	_, err = f.Part(t.Context(), app, testKey(2), 12)
	require.ErrorIs(t, err, media.ErrNotFound)
	require.ErrorIs(t, part.Finish(t.Context(), infoOf(app, testKey(2), content(12))), media.ErrNotFound)
	sweep(hour.Add(2*time.Hour), created, 0)
}

func TestRoom(t *testing.T) {
	f, err := Open(Options{Dir: t.TempDir(), Secret: make([]byte, secretBytes), MinFree: 1 << 61})
	require.NoError(t, err)
	require.ErrorIs(t, f.CheckSpace(t.Context()), media.ErrFull)
	require.ErrorIs(t, f.Probe(t.Context()), media.ErrFull)
	f = open(t, t.TempDir())
	require.NoError(t, f.CheckSpace(t.Context()))
	require.NoError(t, f.Probe(t.Context()))
}

func TestOpenSaysWhatIsInItsWay(t *testing.T) {
	for _, inTheWay := range []string{"files", "parts"} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, inTheWay), nil, 0o600))
		_, err := Open(Options{Dir: dir, Secret: make([]byte, secretBytes)})
		assert.ErrorContains(t, err, "in "+dir+": ")
		assert.ErrorContains(t, err, inTheWay)
	}
}

func TestBadNamesAreNotFound(t *testing.T) {
	f := open(t, t.TempDir())
	for _, ref := range [][2]string{{"", testKey(0)}, {app, ""}, {app, "../" + testKey(0)}, {strings.Repeat("A", 200), testKey(0)}} {
		_, err := f.Stat(t.Context(), ref[0], ref[1])
		require.ErrorIs(t, err, media.ErrNotFound)
		_, err = f.Part(t.Context(), ref[0], ref[1], 0)
		require.ErrorIs(t, err, media.ErrNotFound)
		require.NoError(t, f.Remove(t.Context(), ref[0], ref[1]))
	}
	store(t, f, "../../A b/ü", testKey(0), content(5))
	requireFile(t, f, "../../A b/ü", testKey(0), content(5))
}

// A file of an earlier version is told apart from a damaged one.
func TestAFileOfAnEarlierVersion(t *testing.T) {
	f := open(t, t.TempDir())
	store(t, f, app, testKey(0), content(5))
	file, err := f.root.OpenFile(filePath(app, testKey(0)), os.O_RDWR, 0)
	require.NoError(t, err)
	end, err := file.Seek(-int64(len(magic)), io.SeekEnd)
	require.NoError(t, err)
	_, err = file.WriteAt([]byte("rtmfile1"), end)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	_, err = f.Stat(t.Context(), app, testKey(0))
	require.ErrorIs(t, err, errFormer)
}

// A file that is damaged is an error, never other content.
func FuzzTrailer(fuzz *testing.F) {
	f := open(fuzz, fuzz.TempDir())
	b := content(100)
	fuzz.Add(append(bytes.Clone(b), f.trailer(infoOf(app, testKey(0), b))...))
	fuzz.Add([]byte(magic))
	fuzz.Fuzz(func(t *testing.T, file []byte) {
		info, genuine, err := f.trailerOf(bytes.NewReader(file), int64(len(file)), app, testKey(0))
		if err != nil {
			return
		}
		require.Less(t, info.Size, int64(len(file)))
		if genuine {
			again := f.trailer(info)
			assert.Len(t, again, len(file)-int(info.Size))
		}
	})
}

// A disk that is on another machine may not answer for hours.
func TestProbeOfASilentDisk(t *testing.T) {
	f := open(t, t.TempDir())
	require.NoError(t, f.Probe(t.Context()))
	f.probing <- struct{}{} // a probe that waits for the disk
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, f.Probe(soon), errSilent)
	<-f.probing
	require.NoError(t, f.Probe(t.Context()))
}
