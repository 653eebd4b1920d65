package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"rtmwasm/gateway/media"
)

// Open implements mediastore.Files.
func (f *Folder) Open(_ context.Context, app, key string) (media.Info, media.Reader, error) {
	file, info, err := f.open(app, key)
	if err != nil {
		return media.Info{}, nil, err
	}
	return info, &reader{file: file, size: info.Size}, nil
}

// Stat implements mediastore.Files.
func (f *Folder) Stat(_ context.Context, app, key string) (media.Info, error) {
	file, info, err := f.open(app, key)
	if err != nil {
		return media.Info{}, err
	}
	return info, file.Close()
}

func (f *Folder) open(app, key string) (*os.File, media.Info, error) {
	if err := check(app, key); err != nil {
		return nil, media.Info{}, err
	}
	file, err := f.root.Open(filePath(app, key))
	if errors.Is(err, fs.ErrNotExist) && f.recoverPart(app, key) {
		file, err = f.root.Open(filePath(app, key))
	}
	if err != nil {
		return nil, media.Info{}, storeError(err)
	}
	length, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	info := media.Info{}
	if err == nil {
		info, _, err = f.trailerOf(file, length, app, key)
	}
	if err == nil && !info.Digested() {
		err = f.computeDigests(file, &info)
	}
	if err != nil {
		return nil, media.Info{}, errors.Join(fmt.Errorf("folder: file %s: %w", filePath(app, key), err), file.Close())
	}
	return file, info, nil
}

// recoverPart moves a part to the file's place if the part is complete. This happens after a power failure
// that undid the rename. It reports whether the file may exist now.
func (f *Folder) recoverPart(app, key string) bool {
	part, err := f.parts.OpenFile(partName(app, key), os.O_RDWR, 0)
	if err != nil {
		// Another goroutine may have moved it after the caller looked for the file.
		_, err := f.root.Lstat(filePath(app, key))
		return err == nil
	}
	defer part.Close()
	stat, err := part.Stat()
	if err != nil {
		return false
	}
	if _, genuine, err := f.trailerOf(part, stat.Size(), app, key); err != nil || !genuine {
		return false
	}
	// Another request may be finishing it now, and the disk may not have all bytes yet: sync first.
	return part.Sync() == nil && f.moveToFiles(app, key) == nil
}

// reader implements media.Reader.
type reader struct {
	file *os.File
	size int64 // of the content
	pos  int64 // the same as the position of file
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if r.pos >= r.size {
		return 0, io.EOF
	}
	n, err := r.file.Read(p[:min(int64(len(p)), r.size-r.pos)])
	r.pos += int64(n)
	return n, err
}

// Seek implements io.Seeker.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.size
	}
	pos, err := r.file.Seek(offset, io.SeekStart) // fails before the start
	if err == nil {
		r.pos = pos
	}
	return pos, err
}

// WriteN implements media.Reader. If w is an io.ReaderFrom, it gets the file itself, so that the kernel
// can copy the bytes.
func (r *reader) WriteN(w io.Writer, n int64) (int64, error) {
	limited := &io.LimitedReader{R: r.file, N: max(0, min(n, r.size-r.pos))}
	written, err := io.Copy(w, limited)
	r.pos += written
	if err == nil && written < n {
		err = io.ErrUnexpectedEOF
	}
	return written, err
}

// Close implements io.Closer.
func (r *reader) Close() error { return r.file.Close() }
