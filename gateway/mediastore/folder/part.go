package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// part implements mediastore.Part.
type part struct {
	folder   *Folder
	app, key string
	file     *os.File
	size     int64 // of the content
	flushed  int64 // the kernel was asked to write the bytes before this offset
}

// flushBytes is how many new bytes start a write to the disk. Without it, all bytes of a file would be
// written after the last one arrived, while its sender waits.
const flushBytes = 4 << 20

var _ mediastore.SharedPart = (*part)(nil)

// Part implements mediastore.Files.
func (f *Folder) Part(_ context.Context, app, key string, offset int64) (mediastore.Part, error) {
	if err := check(app, key); err != nil {
		return nil, err
	}
	p := &part{folder: f, app: app, key: key, size: offset, flushed: offset}
	var err error
	if offset == 0 {
		p.file, err = f.begin(partName(app, key))
	} else {
		p.file, err = f.resume(partName(app, key), offset)
	}
	if err != nil {
		return nil, storeError(err)
	}
	return p, nil
}

// begin makes a new file. It replaces an existing one, so that a request that still has the old file open
// cannot change the new one.
func (f *Folder) begin(name string) (*os.File, error) {
	const flags = os.O_RDWR | os.O_CREATE | os.O_EXCL
	file, err := f.parts.OpenFile(name, flags, fileMode)
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, fs.ErrNotExist):
		err = f.parts.MkdirAll(path.Dir(name), dirMode)
	case errors.Is(err, fs.ErrExist):
		err = ignoreMissing(f.parts.Remove(name))
	}
	if err != nil {
		return nil, err
	}
	return f.parts.OpenFile(name, flags, fileMode)
}

// resume opens a part at an offset, and drops the bytes after it.
func (f *Folder) resume(name string, offset int64) (file *os.File, err error) {
	if file, err = f.parts.OpenFile(name, os.O_RDWR, 0); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.Size() < offset:
		return nil, fmt.Errorf("folder: part %s has %d bytes, expected %d: %w", name, info.Size(), offset, media.ErrNotFound)
	case info.Size() > offset:
		if err := file.Truncate(offset); err != nil {
			return nil, err
		}
	}
	_, err = file.Seek(offset, 0)
	return file, err
}

// TakeOver implements mediastore.SharedPart. It replaces the part's file by a copy. A gateway that still has the old
// file open then writes to a file without a name.
func (p *part) TakeOver(context.Context) (err error) {
	name := partName(p.app, p.key)
	file, err := p.folder.parts.OpenFile(name+copySuffix, os.O_RDWR|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return storeError(err)
	}
	if _, err = io.Copy(file, io.NewSectionReader(p.file, 0, p.size)); err == nil {
		err = p.folder.parts.Rename(name+copySuffix, name)
	}
	if err != nil {
		return storeError(errors.Join(err, file.Close(), p.folder.parts.Remove(name+copySuffix)))
	}
	p.file, file = file, p.file
	return file.Close()
}

// copySuffix is the suffix of the copy of a part, until the copy replaces the part.
const copySuffix = ".copy"

// Write implements mediastore.Part.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.size += int64(n)
	if p.size-p.flushed >= flushBytes && !p.folder.opts.NoSync {
		startWriting(p.file, p.flushed, p.size-p.flushed)
		p.flushed = p.size
	}
	return n, storeError(err)
}

// ReadAt implements mediastore.Part.
func (p *part) ReadAt(b []byte, offset int64) (int, error) { return p.file.ReadAt(b, offset) }

// Sync implements mediastore.Part.
func (p *part) Sync(context.Context) error { return p.sync() }

func (p *part) sync() error {
	if p.folder.opts.NoSync {
		return nil
	}
	return storeError(p.file.Sync())
}

// Finish implements mediastore.Part.
func (p *part) Finish(_ context.Context, info media.Info) (err error) {
	if p.size != info.Size {
		return fmt.Errorf("folder: the part has %d bytes, expected %d", p.size, info.Size)
	}
	to := filePath(p.app, p.key)
	if _, err := p.folder.root.Lstat(to); err == nil {
		return media.ErrConflict
	}
	info.App, info.Key = p.app, p.key
	if !info.Digested() {
		if p.folder.reserveBackground(info.Size) {
			defer func() { p.folder.digestInBackground(p.app, p.key, err) }()
		} else if info.Digest, info.Sums, err = mediastore.Digests(p.file, info.Size); err != nil {
			return storeError(err)
		}
	}
	if _, err := p.file.Write(p.folder.trailer(info)); err != nil {
		return p.undo(err)
	}
	if err := p.sync(); err != nil {
		return p.undo(err)
	}
	if err := p.checkNotReplaced(); err != nil {
		return p.undo(err)
	}
	if err := p.folder.moveToFiles(p.app, p.key); err != nil {
		return p.undo(err)
	}
	return nil
}

// checkNotReplaced returns media.ErrConflict if another gateway has replaced this part, see TakeOver.
func (p *part) checkNotReplaced() error {
	mine, err := p.file.Stat()
	if err != nil {
		return err
	}
	there, err := p.folder.parts.Lstat(partName(p.app, p.key))
	if err == nil && !os.SameFile(mine, there) {
		return media.ErrConflict
	}
	return ignoreMissing(err) // a reader has moved it to its place already, see recoverPart
}

// undo removes the trailer, so that the part can be continued.
func (p *part) undo(err error) error {
	return storeError(errors.Join(err, p.file.Truncate(p.size)))
}

// moveToFiles moves a complete part to the folder of finished files.
func (f *Folder) moveToFiles(app, key string) error {
	from, to := path.Join(partsDir, partName(app, key)), filePath(app, key)
	err := f.root.Rename(from, to)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := f.root.MkdirAll(path.Dir(to), dirMode); err != nil {
		return err
	}
	if err = f.root.Rename(from, to); errors.Is(err, fs.ErrNotExist) {
		if _, there := f.root.Lstat(to); there == nil {
			return nil // a reader has moved it already, see recoverPart
		}
	}
	return err
}

// Close implements mediastore.Part.
func (p *part) Close() error { return p.file.Close() }

// RemovePart implements mediastore.Files.
func (f *Folder) RemovePart(_ context.Context, app, key string) error {
	if check(app, key) != nil {
		return nil
	}
	return ignoreMissing(f.parts.Remove(partName(app, key)))
}

// Remove implements mediastore.Files.
func (f *Folder) Remove(ctx context.Context, app, key string) error {
	if check(app, key) != nil {
		return nil
	}
	// Remove the part first. If it is complete, a reader could otherwise move it to the file's place.
	return errors.Join(f.RemovePart(ctx, app, key), ignoreMissing(f.root.Remove(filePath(app, key))))
}
