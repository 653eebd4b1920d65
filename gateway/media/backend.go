package media

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"rtmwasm/core/imagesize"
)

// This file is for backends. They have no session, and store a file in one call.

// Errors of Put besides those of a Store.
var (
	// ErrQuota means that the quota of the user or of the app is used up.
	ErrQuota = errors.New("media: the quota is used up")

	// ErrBusy means that too many uploads and downloads are running.
	ErrBusy = errors.New("media: too many transfers")

	// ErrCutShort means that the content ended before its announced size.
	ErrCutShort = errors.New("media: the content ended too early")
)

// backendSession is the prefix of the session of a backend's upload. No user has such a session. If a
// gateway dies during the upload, a sweep removes it.
const backendSession = "backend-"

// fileNameMetadata is the key of the name in Info.Metadata.
const fileNameMetadata = "filename"

// FileName returns the name that the file got when it was stored, or "".
func (i Info) FileName() string { return i.Metadata[fileNameMetadata] }

// Put stores a file of a user. Of who it uses the app and the user; the file counts towards their
// quotas. Besides errors of the Store it returns ErrQuota, ErrBusy and ErrCutShort, and errors of
// content unchanged.
func (h *Handler) Put(ctx context.Context, who Principal, fileName string, size int64, content io.Reader) (info Info, err error) {
	if h.config.Busy != nil && h.config.Busy() {
		return Info{}, ErrBusy
	}
	leave, ok := h.limiter.enter(who.App)
	if !ok {
		return Info{}, ErrBusy
	}
	defer leave()
	body := &lastByte{Reader: content}
	h.config.Meter.TransferBegan(Upload)
	defer func() { h.config.Meter.TransferEnded(Upload, putResult(err), body.n) }()
	info, err = h.createFile(ctx, who, fileName, size)
	if err != nil {
		return Info{}, err
	}
	ref := info.Ref
	info, err = h.store.Append(ctx, info, body)
	if errors.Is(err, ErrBeingChecked) {
		info, err = h.awaitCheck(ctx, ref, body.last)
	}
	if err == nil && !info.Finished() {
		err = ErrCutShort
	}
	if err != nil {
		err = errors.Join(err, h.store.Abandon(context.WithoutCancel(ctx), ref))
	}
	return info, err
}

// awaitCheck waits for the result of a check that takes long, by sending the last byte again as clients do. The
// check may end just before that byte is sent. Then the store refuses the Info from before with ErrConflict, so
// each attempt asks for the Info again.
func (h *Handler) awaitCheck(ctx context.Context, ref Ref, last byte) (info Info, err error) {
	for ctx.Err() == nil {
		info, err = h.store.Info(ctx, ref.App, ref.Key)
		if err == nil && !info.Finished() {
			info, err = h.store.Append(ctx, info, bytes.NewReader([]byte{last}))
		}
		if !errors.Is(err, ErrBeingChecked) && !errors.Is(err, ErrConflict) {
			return info, err
		}
	}
	return info, ctx.Err()
}

// createFile creates an upload if the quotas allow it.
func (h *Handler) createFile(ctx context.Context, who Principal, fileName string, size int64) (Info, error) {
	end, err := h.quotas.admit(ctx, who, size)
	if errors.As(err, new(handler.Error)) {
		return Info{}, ErrQuota
	}
	if err != nil {
		return Info{}, err
	}
	now := time.Now()
	info := Info{Ref: Ref{App: who.App, Key: Key(now, newKeyID()), Session: backendSession + rand.Text()}, UID: who.UID, Size: size, Created: now}
	if fileName != "" {
		info.Metadata = map[string]string{fileNameMetadata: fileName}
	}
	info, err = h.store.Create(ctx, info)
	end(err == nil)
	return info, err
}

func putResult(err error) Result {
	switch {
	case err == nil:
		return Done
	case errors.Is(err, ErrQuota), errors.As(err, new(*Rejected)):
		return Refused
	case errors.Is(err, ErrFull), errors.Is(err, ErrUnchecked):
		return Failed
	}
	return Broken
}

// lastByte remembers the last byte that was read, because it is stored again while a file is being checked.
type lastByte struct {
	io.Reader
	last byte
	n    int64
}

func (r *lastByte) Read(p []byte) (n int, err error) {
	if n, err = r.Reader.Read(p); n > 0 {
		r.last = p[n-1]
		r.n += int64(n)
	}
	return n, err
}

// Find returns a finished file. For an unfinished or rejected file it also returns ErrNotFound.
func (h *Handler) Find(ctx context.Context, app, key string) (Info, error) {
	if !ValidKey(key) {
		return Info{}, ErrNotFound
	}
	info, err := h.store.Info(ctx, app, key)
	if errors.Is(err, ErrBeingChecked) || errors.As(err, new(*Rejected)) || err == nil && !info.Finished() {
		err = ErrNotFound
	}
	return info, err
}

// Remove removes a finished file. Running downloads may still complete.
func (h *Handler) Remove(ctx context.Context, app, key string) error {
	if _, err := h.Find(ctx, app, key); err != nil {
		return err
	}
	return h.store.Remove(ctx, app, key)
}

// PictureSize returns the displayed width and height of a finished file, or 0 and 0 if it is not a picture.
func (h *Handler) PictureSize(ctx context.Context, app, key string) (width, height uint32, err error) {
	_, file, err := h.store.Open(ctx, app, key)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	var r imagesize.Reader
	window := make([]byte, imagesize.WindowSize)
	for offset, done := r.Next(); !done; offset, done = r.Next() {
		if _, err := file.Seek(offset, io.SeekStart); err != nil {
			return 0, 0, err
		}
		n, err := io.ReadFull(file, window)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, 0, err
		}
		r.Feed(window[:n])
	}
	width, height = r.Size()
	return width, height, nil
}

// Usage returns how many bytes the files of a user take, or those of the app if uid is "". most is
// the quota; 0 means no limit.
func (h *Handler) Usage(ctx context.Context, app, uid string) (bytes, most int64, err error) {
	most = h.config.UserBytes
	if uid == "" {
		most = h.config.AppBytes
	}
	bytes, err = h.store.Usage(ctx, app, uid)
	return bytes, most, err
}
