package folder

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"rtmwasm/gateway/media"
)

// Sweep implements mediastore.Files. Files go by the folder of an hour, and only those parts are
// looked at whose upload was created before idle.
func (f *Folder) Sweep(ctx context.Context, expired, idle time.Time, gone func(app, key string)) error {
	return errors.Join(f.sweepParts(ctx, idle, gone), f.sweepFiles(ctx, expired))
}

func (f *Folder) sweepFiles(ctx context.Context, expired time.Time) error {
	return f.each(ctx, filesDir, func(hour string) error {
		at, ok := media.HourTime(hour)
		if !ok || at.Add(time.Hour).After(expired) {
			return nil // it is not due, or not ours
		}
		return f.root.RemoveAll(path.Join(filesDir, hour))
	})
}

func (f *Folder) sweepParts(ctx context.Context, idle time.Time, gone func(app, key string)) error {
	return f.each(ctx, partsDir, func(name string) error {
		own := strings.TrimSuffix(name, ownSuffix)
		key, app, ok := parsePartName(own)
		if !ok || !media.KeyTime(key).Before(idle) {
			return nil
		}
		info, err := f.parts.Lstat(name)
		if err != nil || !info.ModTime().Before(idle) {
			return ignoreMissing(err)
		}
		if own == name && f.recover(app, key) {
			return nil // it is complete
		}
		if err := f.parts.Remove(name); err != nil || own != name {
			return ignoreMissing(err)
		}
		gone(app, key)
		return nil
	})
}

// each calls do for each name in a folder, and goes on after errors.
func (f *Folder) each(ctx context.Context, name string, do func(name string) error) error {
	dir, err := f.root.Open(name)
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
			if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrNotExist) {
				errs = append(errs, err)
			}
			break
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}
