// Package folder keeps media as plain files in one folder, which several gateways may share.
//
//	parts/<kk>/<key>.<app>          what has arrived of an upload
//	files/<hour>/<app>/<kk>/<key>   a finished file: its content, and a trailer behind it
//
// The hour is that of the key, in which the upload was created; kk are two random digits of the
// key, so that ten million files are no burden, and many uploads at a time do not wait for one
// folder. Nothing is held in memory for a file, and
// nothing is read at start.
//
// A file is finished with one fsync, before it is renamed into its place. A power failure may
// undo the rename, but then the part is there with its trailer, and is put in its place when
// somebody asks for the file. The digests of a large file are taken after that (digests.go).
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

// Options say what a Folder works with. Dir and Secret are required.
type Options struct {
	Dir string // made if it is missing, unless it is Shared

	// Shared tells that several gateways use the folder. It must exist: one that is missing may not
	// be mounted, and then files would go to the machine's own disk.
	Shared bool

	// Secret tells the trailers of finished files from what users have uploaded. It has 32 random
	// bytes, the same for all gateways that share the folder.
	Secret []byte

	// MinFree is how many bytes uploads leave free on the disk; 0 means no reserve.
	MinFree int64

	// NoSync leaves out the fsync: a power failure may take what was acknowledged. It is for
	// measuring.
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

	taking  [16]sync.Mutex // held while the digests of a file are taken, by its key
	late    chan struct{}  // has one for each file whose digests are taken later
	running sync.WaitGroup // of these
}

var _ mediastore.Files = (*Folder)(nil)

// Folders in Options.Dir.
const (
	filesDir = "files"
	partsDir = "parts"

	dirMode, fileMode = 0o700, 0o600
)

// Open opens the folder. It looks at no file.
func Open(o Options) (_ *Folder, err error) {
	if len(o.Secret) != secretBytes {
		return nil, fmt.Errorf("folder: Secret has %d bytes, it must have %d", len(o.Secret), secretBytes)
	}
	f := &Folder{opts: o, reserve: diskspace.Reserve{Dir: o.Dir, Bytes: o.MinFree, Full: media.ErrFull}, probing: make(chan struct{}, 1), late: make(chan struct{}, lateDigests)}
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

// Close lets go of the folder, when all digests are taken.
func (f *Folder) Close() (err error) {
	f.running.Wait()
	if f.parts != nil {
		err = f.parts.Close()
	}
	return errors.Join(err, f.root.Close())
}

// Room implements mediastore.Files.
func (f *Folder) Room(context.Context) error { return f.reserve.Check() }

// errSilent means that the disk of the folder does not answer: it is on another machine, which
// is away.
var errSilent = errors.New("the media folder does not answer: see that the server it is on runs")

// Probe tries to write to the folder, and looks whether it has room. It returns when ctx ends, at
// the latest, though nothing ends what waits for a disk; so one waits at a time.
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

// appName is an app id in the names of files. On some disks upper and lower case are the
// same, in app ids they are not.
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

// check refuses what can't be a file's name.
func check(app, key string) error {
	if app == "" || len(appName(app)) > maxAppName || !media.ValidKey(key) {
		return fmt.Errorf("folder: app %q and key %q are no name of a file: %w", app, key, media.ErrNotFound)
	}
	return nil
}

// partName is where the part of an upload is in parts.
func partName(app, key string) string { return path.Join(spread(key), key+"."+appName(app)) }

// spread is the folder among 256 that a key belongs in.
func spread(key string) string { return media.KeyID(key)[:2] }

// parsePartName tells from the last element of a partName what it is of.
func parsePartName(name string) (key, app string, ok bool) {
	key, app, _ = strings.Cut(name, ".")
	if encoded, isHex := strings.CutPrefix(app, "x-"); isHex {
		plain, _ := hex.DecodeString(encoded)
		app = string(plain)
	}
	return key, app, check(app, key) == nil && path.Base(partName(app, key)) == name
}

// filePath is where a finished file is in the root.
func filePath(app, key string) string {
	return path.Join(filesDir, media.KeyHour(key), appName(app), spread(key), key)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// storeError gives errors of the disk the names that package media knows.
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
