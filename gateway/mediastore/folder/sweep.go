package folder

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"rtmwasm/gateway/media"
)

// Sweep implements mediastore.Files. It removes the files of an hour by their folder. It checks only the
// parts of uploads that were created before idle.
func (f *Folder) Sweep(ctx context.Context, expired, idle time.Time, removed func(app, key string)) error {
	return errors.Join(f.sweepParts(ctx, idle, removed), f.sweepFiles(ctx, expired))
}

func (f *Folder) sweepFiles(ctx context.Context, expired time.Time) error {
	return each(ctx, f.root, filesDir, func(hour string) error {
		at, ok := media.HourTime(hour)
		if !ok || at.Add(time.Hour).After(expired) {
			return nil // not expired, or not a folder of this package
		}
		return f.root.RemoveAll(path.Join(filesDir, hour))
	})
}

func (f *Folder) sweepParts(ctx context.Context, idle time.Time, removed func(app, key string)) error {
	return each(ctx, f.parts, ".", func(dir string) error {
		return each(ctx, f.parts, dir, func(name string) error { return f.sweepPart(dir, name, idle, removed) })
	})
}

func (f *Folder) sweepPart(dir, name string, idle time.Time, removed func(app, key string)) error {
	own := strings.TrimSuffix(name, copySuffix)
	key, app, ok := parsePartName(own)
	if !ok || dir != spread(key) || !media.KeyTime(key).Before(idle) {
		return nil
	}
	name = path.Join(dir, name)
	info, err := f.parts.Lstat(name)
	if err != nil || !info.ModTime().Before(idle) {
		return ignoreMissing(err)
	}
	isCopy := strings.HasSuffix(name, copySuffix)
	if !isCopy && f.recoverPart(app, key) {
		return nil // it is complete
	}
	if err := f.parts.Remove(name); err != nil || isCopy {
		return ignoreMissing(err)
	}
	removed(app, key)
	return nil
}

// each calls do for each name in a folder, and continues after errors. It calls nothing if name is not a
// folder.
func each(ctx context.Context, root *os.Root, name string, do func(name string) error) error {
	dir, err := root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	var errs []error
	for ctx.Err() == nil {
		names, err := dir.Readdirnames(1000)
		for _, name := range names {
			if err := do(name); err != nil {
				errs = append(errs, err)
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ENOTDIR) {
				errs = append(errs, err)
			}
			break
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}
