package bucket

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// growingPiece is the least length of a piece. Sync replaces a shorter piece by a longer one, so that an
// upload in many tiny requests does not become many objects.
const growingPiece = 256 << 10

// copyBytes is the size of buffers for copying.
const copyBytes = 64 << 10

// part is an upload while one request adds to it. Its bytes are in a spool file.
type part struct {
	f        *Files
	app, key string
	put      string // random id of this part, to recognize a file that it has made

	spool *os.File
	size  int64 // bytes in the spool

	time   int64   // of its pieces, later than the time of all earlier pieces
	kept   int64   // how many bytes are in pieces
	pieces []piece // in order

	absent []piece         // pieces of earlier requests that are not in the spool yet
	ctx    context.Context // for ReadAt, which has no context parameter
}

var _ mediastore.Part = (*part)(nil)

// Part implements mediastore.Files.
func (f *Files) Part(ctx context.Context, app, key string, offset int64) (mediastore.Part, error) {
	if err := checkKey(app, key); err != nil {
		return nil, err
	}
	spool, err := os.CreateTemp(f.spool, spoolName)
	if err != nil {
		return nil, spoolError(err)
	}
	_ = os.Remove(spool.Name()) // it can be used without a name; on systems where this fails, Close removes it
	p := &part{f: f, app: app, key: key, put: rand.Text()[:16], spool: spool, size: offset, kept: offset, time: time.Now().UnixMilli(), ctx: context.WithoutCancel(ctx)}
	if offset > 0 {
		if err := p.resume(ctx, offset); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// Write implements mediastore.Part.
func (p *part) Write(b []byte) (n int, err error) {
	n, err = p.spool.WriteAt(b, p.size)
	p.size += int64(n)
	return n, spoolError(err)
}

// ReadAt implements mediastore.Part.
func (p *part) ReadAt(b []byte, offset int64) (n int, err error) {
	if err := p.fetch(p.ctx, offset, offset+int64(len(b))); err != nil {
		return 0, err
	}
	return p.spool.ReadAt(b, offset)
}

// Sync implements mediastore.Part. The new bytes become a new piece. If the last piece is short, they are
// stored together with it instead.
func (p *part) Sync(ctx context.Context) error {
	if p.size == p.kept {
		return nil
	}
	from := p.kept
	if n := len(p.pieces); n > 0 && p.kept-p.pieces[n-1].offset < growingPiece {
		from = p.pieces[n-1].offset
	}
	if err := p.fetch(ctx, from, p.size); err != nil {
		return err
	}
	length := p.size - from
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(p.spool, from, length)); err != nil {
		return spoolError(err)
	}
	ctx, cancel := within(ctx, length)
	defer cancel()
	err := p.store(ctx, p.f.pieceKey(p.app, p.key, from, p.time), io.NewSectionReader(p.spool, from, length), length, hash.Sum(nil), nil)
	if err != nil {
		return failed("store a piece of an upload", err)
	}
	if n := len(p.pieces); n == 0 || p.pieces[n-1].offset != from || p.pieces[n-1].time != p.time {
		p.pieces = append(p.pieces, piece{offset: from, time: p.time})
	}
	p.kept = p.size
	return nil
}

// Finish implements mediastore.Part.
func (p *part) Finish(ctx context.Context, info media.Info) error {
	if info.Size != p.size {
		return fmt.Errorf("bucket: finish an upload of %d bytes: it has %d", info.Size, p.size)
	}
	if err := p.fetch(ctx, 0, p.size); err != nil {
		return err
	}
	if !info.Digested() {
		var err error
		if info.Digest, info.Sums, err = mediastore.Digests(p.spool, p.size); err != nil {
			return spoolError(err)
		}
	}
	metadata, more, err := describe(info, p.put)
	if err != nil {
		return err
	}
	ctx, cancel := within(ctx, p.size)
	defer cancel()
	object := p.f.fileKey(p.app, p.key)
	if more != nil {
		sum := sha256.Sum256(more)
		if err := p.store(ctx, moreKey(object), bytes.NewReader(more), int64(len(more)), sum[:], nil); err != nil {
			return failed("store the description of a file", err)
		}
	}
	if err := p.storeFile(ctx, object, info, metadata); err != nil {
		return err
	}
	if len(p.pieces) > 0 {
		if err := p.f.removePieces(ctx, p.app, p.key, p.pieces); err != nil { // a sweep removes them later
			p.f.options.Logger.WarnContext(ctx, "bucket: pieces of a finished upload are left for the next sweep", "key", p.key, "error", err)
		}
	}
	return nil
}

// storeFile makes the file's object, unless it exists. Content that was damaged on the way is sent once
// more. If its digest is still wrong, the spool does not have the content that was hashed.
func (p *part) storeFile(ctx context.Context, object string, info media.Info, metadata map[string]string) (err error) {
	for range 2 {
		err = p.store(ctx, object, io.NewSectionReader(p.spool, 0, p.size), p.size, info.Digest[:], func(in *s3.PutObjectInput) {
			in.ContentType, in.Metadata = &info.Type, metadata
			in.ContentDisposition = ptr("attachment")
			in.IfNoneMatch = ptr("*")
		})
		if err = failed("store a file", err); !errors.Is(err, errDamaged) {
			break
		}
	}
	switch {
	case errors.Is(err, errDamaged):
		return fmt.Errorf("%w: %w", media.ErrDigest, err)
	case status(err) == http.StatusPreconditionFailed || status(err) == http.StatusConflict:
		return p.conflict(ctx, object, err)
	case status(err) == http.StatusNotImplemented:
		return p.storeUnconditionally(ctx, object, info, metadata)
	}
	return err
}

// conflict is called if the file's object exists already. It returns nil if this part has made it, and
// only the response was lost.
func (p *part) conflict(ctx context.Context, object string, err error) error {
	head, headErr := p.f.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &p.f.options.Bucket, Key: &object})
	switch {
	case headErr == nil && head.Metadata[putName] == p.put:
		return nil
	case headErr == nil:
		return fmt.Errorf("bucket: store a file: %w", media.ErrConflict)
	case errors.Is(failed("", headErr), media.ErrNotFound):
		return err // another request was making it at the same time, and failed
	}
	return failed("look for a file", headErr)
}

// storeUnconditionally makes the file's object in an object store that does not know If-None-Match.
func (p *part) storeUnconditionally(ctx context.Context, object string, info media.Info, metadata map[string]string) error {
	err := p.conflict(ctx, object, nil)
	if err != nil {
		return err
	}
	return failed("store a file", p.store(ctx, object, io.NewSectionReader(p.spool, 0, p.size), p.size, info.Digest[:], func(in *s3.PutObjectInput) {
		in.ContentType, in.Metadata = &info.Type, metadata
		in.ContentDisposition = ptr("attachment")
	}))
}

// store makes one object. The object store refuses the content if its SHA-256 is not sum.
func (p *part) store(ctx context.Context, object string, content io.ReadSeeker, length int64, sum []byte, more func(*s3.PutObjectInput)) error {
	in := &s3.PutObjectInput{
		Bucket: &p.f.options.Bucket, Key: &object, Body: content, ContentLength: &length,
		ChecksumSHA256: ptr(base64.StdEncoding.EncodeToString(sum)),
	}
	if more != nil {
		more(in)
	}
	_, err := p.f.s3.PutObject(ctx, in, withDigest(sum))
	return err
}

// Close implements mediastore.Part.
func (p *part) Close() error {
	err := p.spool.Close()
	if removed := os.Remove(p.spool.Name()); removed != nil && !errors.Is(removed, os.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// spoolError wraps an error of the spool: media.ErrFull if the disk is full.
func spoolError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("bucket: %w: %w", media.ErrFull, err)
	}
	if err != nil {
		return fmt.Errorf("the folder for running uploads: %w: set spool= to a folder that the gateway's user may write to", err)
	}
	return nil
}

func ptr[T any](v T) *T { return &v }
