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

// Sweep implements mediastore.Files. Files go by the folder of an hour, and only those parts are
// looked at whose upload was created before idle.
func (f *Folder) Sweep(ctx context.Context, expired, idle time.Time, gone func(app, key string)) error {
	return errors.Join(f.sweepParts(ctx, idle, gone), f.sweepFiles(ctx, expired))
}

func (f *Folder) sweepFiles(ctx context.Context, expired time.Time) error {
	return each(ctx, f.root, filesDir, func(hour string) error {
		at, ok := media.HourTime(hour)
		if !ok || at.Add(time.Hour).After(expired) {
			return nil // it is not due, or not ours
		}
		return f.root.RemoveAll(path.Join(filesDir, hour))
	})
}

func (f *Folder) sweepParts(ctx context.Context, idle time.Time, gone func(app, key string)) error {
	return each(ctx, f.parts, ".", func(dir string) error {
		return each(ctx, f.parts, dir, func(name string) error { return f.sweepPart(dir, name, idle, gone) })
	})
}

func (f *Folder) sweepPart(dir, name string, idle time.Time, gone func(app, key string)) error {
	own := strings.TrimSuffix(name, ownSuffix)
	key, app, ok := parsePartName(own)
	if !ok || dir != spread(key) || !media.KeyTime(key).Before(idle) {
		return nil
	}
	name = path.Join(dir, name)
	info, err := f.parts.Lstat(name)
	if err != nil || !info.ModTime().Before(idle) {
		return ignoreMissing(err)
	}
	isCopy := strings.HasSuffix(name, ownSuffix)
	if !isCopy && f.recover(app, key) {
		return nil // it is complete
	}
	if err := f.parts.Remove(name); err != nil || isCopy {
		return ignoreMissing(err)
	}
	gone(app, key)
	return nil
}

// each calls do for each name in a folder, and goes on after errors. What is no folder has
// none.
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
