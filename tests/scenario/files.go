package scenario

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"

	"rtmwasm/core"
	"rtmwasm/native"
)

// moved is the outcome of an upload or a download.
type moved struct {
	id   string
	blob core.Blob
	err  *core.Error
}

// track is what a progress function was told.
type track struct {
	last  int64
	total int64
	wrong error
}

func newTrack(total int64) *track { return &track{last: -1, total: total} }

func (t *track) tell(current, total int64) {
	switch {
	case t.wrong != nil:
	case total != t.total:
		t.wrong = fmt.Errorf("progress tells a total of %d, not %d", total, t.total)
	case current <= t.last:
		t.wrong = fmt.Errorf("progress went from %d to %d", t.last, current)
	case t.last < 0 && current != 0:
		t.wrong = fmt.Errorf("progress began at %d", current)
	}
	t.last = current
}

// check is called when the transfer is done.
func (t *track) check() error {
	if t.wrong == nil && t.last != t.total {
		return fmt.Errorf("progress ended at %d of %d", t.last, t.total)
	}
	return t.wrong
}

// exchangeFiles uploads files of one user and downloads each as another.
func (s *scene) exchangeFiles(ctx context.Context, from, to *user, random *rand.Rand) error {
	for i := range s.Files {
		content := randomContent(random, s.MaxFile)
		id, err := upload(ctx, from, content)
		if err != nil {
			return fmt.Errorf("upload %d of %s, %d bytes: %w", i, from.uid, len(content), err)
		}
		got, err := download(ctx, to, id, int64(len(content)))
		if err != nil {
			return fmt.Errorf("download %d of %s, %d bytes: %w", i, to.uid, len(content), err)
		}
		if sha256.Sum256(got) != sha256.Sum256(content) {
			return fmt.Errorf("file %d from %s to %s, %d bytes: another SHA-256", i, from.uid, to.uid, len(content))
		}
		s.countFile(len(content))
	}
	return nil
}

// randomContent is of 1 to most bytes; every power of two is as likely.
func randomContent(r *rand.Rand, most int) []byte {
	limit := 1 << r.IntN(bits.Len(uint(most)))
	content := make([]byte, min(most, limit+r.IntN(limit)))
	var seed [32]byte
	for i := range seed {
		seed[i] = byte(r.Uint32())
	}
	_, _ = rand.NewChaCha8(seed).Read(content) // never fails
	return content
}

// move starts a transfer, which is possible while the client is connected, and waits
// for its outcome.
func (u *user) move(ctx context.Context, start func(done func(moved))) (moved, error) {
	for {
		err := u.await(ctx, "its connection", func() (yes bool) {
			u.host.Do(func() { yes = u.State() == core.Connected })
			return yes
		})
		if err != nil {
			return moved{}, err
		}
		out, err := call(ctx, u, start)
		if err != nil || out.err == nil || out.err.Code != core.UploadMediaErrNotLoggedIn {
			return out, err
		}
	}
}

func upload(ctx context.Context, u *user, content []byte) (string, error) {
	progress := newTrack(int64(len(content)))
	out, err := u.move(ctx, func(done func(moved)) {
		u.Upload(u.host.Bytes(content), core.UploadParams{}, progress.tell, func(up *core.Uploaded, err *core.Error) {
			m := moved{err: err}
			if up != nil {
				m.id = up.MediaID
			}
			done(m)
		})
	})
	switch {
	case err != nil:
		return "", err
	case out.err != nil:
		return "", out.err
	}
	return out.id, progress.check()
}

func download(ctx context.Context, u *user, id string, size int64) ([]byte, error) {
	progress := newTrack(size)
	out, err := u.move(ctx, func(done func(moved)) {
		u.Download(id, progress.tell, func(b core.Blob, err *core.Error) { done(moved{blob: b, err: err}) })
	})
	switch {
	case err != nil:
		return nil, err
	case out.err != nil:
		return nil, out.err
	}
	if err := progress.check(); err != nil {
		return nil, err
	}
	return io.ReadAll(out.blob.(*native.Blob).SectionReader)
}
