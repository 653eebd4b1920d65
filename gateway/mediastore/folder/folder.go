// Package folder keeps media as plain files in one folder, which several gateways may share.
//
//	parts/<kk>/<key>.<app>          the bytes of an unfinished upload
//	files/<hour>/<app>/<kk>/<key>   a finished file: its content, followed by a trailer
//
// The hour is in the key: the upload was created in it. kk are two random digits of the key. They
// spread ten million files over many folders, and many simultaneous uploads do not wait for one folder.
// The package keeps nothing in memory for a file, and reads nothing at start.
//
// A file is finished by one fsync; then it is renamed to its place. A power failure may undo the rename.
// But then the part still has its trailer, and the next Open or Stat of the file renames it again. The
// digests of a large file are computed after that (digests.go).
package folder

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"rtmwasm/core"
	"rtmwasm/gateway/diskspace"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// Options configure a Folder. Dir and Secret are required.
type Options struct {
	Dir string // created if it is missing, unless it is Shared

	// Shared says that several gateways use the folder. Then the folder must exist. If it is missing,
	// it may not be mounted, and files would go to the machine's own disk.
	Shared bool

	// Secret is the key of the MACs in trailers, so that users cannot upload bytes that pass for a
	// trailer. It has 32 random bytes, the same for all gateways that share the folder.
	Secret []byte

	// MinFree is how many bytes must stay free on the disk; 0 means no reserve.
	MinFree int64

	// NoSync skips fsync, so that a power failure may lose acknowledged bytes. It is for measurements
	// only.
	NoSync bool
}

// secretBytes is the length of the secret.
const secretBytes = 32

// Folder implements mediastore.Files.
type Folder struct {
	opts    Options
	root    *os.Root
	parts   *os.Root // in root
	reserve diskspace.Reserve
	probing chan struct{} // full during a probe

	computing  [16]sync.Mutex // by key; held while the digests of a file are computed
	background chan struct{}  // has one entry for each file whose digests are computed later
	running    sync.WaitGroup // of the computations for these files
}

var _ mediastore.Files = (*Folder)(nil)

// Folders in Options.Dir.
const (
	filesDir = "files"
	partsDir = "parts"

	dirMode, fileMode = 0o700, 0o600
)

// Open opens the folder. It reads no file in it.
func Open(o Options) (_ *Folder, err error) {
	if len(o.Secret) != secretBytes {
		return nil, fmt.Errorf("folder: Secret has %d bytes, it must have %d", len(o.Secret), secretBytes)
	}
	f := &Folder{opts: o, reserve: diskspace.Reserve{Dir: o.Dir, Bytes: o.MinFree, Full: media.ErrFull}, probing: make(chan struct{}, 1), background: make(chan struct{}, maxBackgroundDigests)}
	if !o.Shared {
		if err := os.MkdirAll(o.Dir, dirMode); err != nil {
			return nil, err
		}
	}
	if f.root, err = os.OpenRoot(o.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("in %s: %w", o.Dir, err), f.Close())
		}
	}()
	for _, dir := range []string{filesDir, partsDir} {
		if err := f.root.MkdirAll(dir, dirMode); err != nil {
			return nil, err
		}
	}
	if f.parts, err = f.root.OpenRoot(partsDir); err != nil {
		return nil, err
	}
	return f, nil
}

// Close waits until all digests are computed, and closes the folder.
func (f *Folder) Close() (err error) {
	f.running.Wait()
	if f.parts != nil {
		err = f.parts.Close()
	}
	return errors.Join(err, f.root.Close())
}

// Room implements mediastore.Files.
func (f *Folder) CheckSpace(context.Context) error { return f.reserve.Check() }

// errSilent means that the disk of the folder does not answer, for example because it is on a file
// server that is down.
var errSilent = errors.New("the media folder does not answer: check that its file server runs")

// Probe tries to write to the folder, and checks its free space. It returns when ctx ends, at the latest.
// A goroutine that waits for a disk cannot be interrupted; so only one does so at a time.
func (f *Folder) Probe(ctx context.Context) error {
	select {
	case f.probing <- struct{}{}:
	case <-ctx.Done():
		return errSilent
	}
	result := make(chan error, 1)
	go func() {
		defer func() { <-f.probing }()
		result <- f.probe()
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return errSilent
	}
}

func (f *Folder) probe() error {
	name := ".probe-" + rand.Text()
	err := f.parts.WriteFile(name, []byte("probe\n"), fileMode)
	if err = errors.Join(err, ignoreMissing(f.parts.Remove(name))); err != nil {
		return fmt.Errorf("the media folder cannot be written to: %w", err)
	}
	return f.reserve.Check()
}

// appName returns an app id in the form that file names use. App ids with upper-case letters are
// encoded, because some disks do not distinguish upper and lower case.
func appName(app string) string {
	for i := range len(app) {
		if c := app[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return "x-" + hex.EncodeToString([]byte(app))
		}
	}
	return app
}

// maxAppName is the longest appName that fits in a file's name together with a key.
const maxAppName = 255 - 1 - core.MediaKeyLength

// check returns an error if app and key cannot be part of a file name.
func check(app, key string) error {
	if app == "" || len(appName(app)) > maxAppName || !media.ValidKey(key) {
		return fmt.Errorf("folder: app %q and key %q cannot name a file: %w", app, key, media.ErrNotFound)
	}
	return nil
}

// partName returns the path of an upload's part below the folder of parts.
func partName(app, key string) string { return path.Join(spread(key), key+"."+appName(app)) }

// spread returns the name of the folder, one of 256, that a key belongs in.
func spread(key string) string { return media.KeyID(key)[:2] }

// parsePartName returns the key and the app of the last element of a partName.
func parsePartName(name string) (key, app string, ok bool) {
	key, app, _ = strings.Cut(name, ".")
	if encoded, isHex := strings.CutPrefix(app, "x-"); isHex {
		plain, _ := hex.DecodeString(encoded)
		app = string(plain)
	}
	return key, app, check(app, key) == nil && path.Base(partName(app, key)) == name
}

// filePath returns the path of a finished file below the root.
func filePath(app, key string) string {
	return path.Join(filesDir, media.KeyHour(key), appName(app), spread(key), key)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// storeError wraps errors of the disk in the errors that package media knows.
func storeError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", media.ErrNotFound, err)
	case isFull(err):
		return fmt.Errorf("%w: %w", media.ErrFull, err)
	}
	return err
}
