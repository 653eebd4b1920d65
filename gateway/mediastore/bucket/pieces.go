package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/retry"
)

// piece is an object with bytes of an unfinished upload. A gateway may still store pieces after another
// gateway has taken over the upload. Then the pieces of the later part are the valid ones.
type piece struct {
	offset, length int64
	time           int64 // when the part that wrote it was opened
}

// pieceOf parses the object key of a piece; ok is false if it is not one.
func pieceOf(objectKey string, length int64) (p piece, ok bool) {
	offset, time, _ := strings.Cut(objectKey[strings.LastIndexByte(objectKey, '/')+1:], "-")
	var err1, err2 error
	p.length = length
	p.offset, err1 = strconv.ParseInt(offset, 10, 64)
	p.time, err2 = strconv.ParseInt(time, 10, 64)
	return p, err1 == nil && err2 == nil && p.offset >= 0
}

// inOrder sorts pieces by their offsets. It returns separately the pieces that a later part has replaced:
// a later part has a piece that begins at the same offset or before.
func inOrder(pieces []piece) (valid, replaced []piece) {
	slices.SortFunc(pieces, func(a, b piece) int { return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(b.time, a.time)) })
	latest := int64(-1) // time of a valid piece so far
	for _, p := range pieces {
		if p.time < latest {
			replaced = append(replaced, p)
			continue
		}
		latest = p.time
		valid = append(valid, p)
	}
	return valid, replaced
}

// fetchers is how many pieces are fetched concurrently.
const fetchers = 4

// resume finds the pieces with the bytes before offset. It removes the pieces that begin after them,
// because new bytes will replace them. The pieces are fetched only when they are needed, so that an upload
// in many requests does not fetch its beginning for each request.
func (p *part) resume(ctx context.Context, offset int64) error {
	ctx, cancel := within(ctx, 0)
	defer cancel()
	pieces, err := p.f.listPieces(ctx, p.app, p.key)
	if err != nil {
		return err
	}
	for _, there := range pieces {
		p.time = max(p.time, there.time+1)
	}
	valid, replaced := inOrder(pieces)
	wanted, stale := cover(valid, offset)
	if wanted == nil {
		return fmt.Errorf("bucket: the first %d bytes of an upload: %w", offset, media.ErrNotFound)
	}
	p.pieces, p.absent = slices.Clone(wanted), wanted
	return p.f.removePieces(ctx, p.app, p.key, append(stale, replaced...))
}

// fetch copies the bytes of a range into the spool that are only in pieces yet.
func (p *part) fetch(ctx context.Context, from, to int64) error {
	var needed []piece
	var bytes int64
	for _, a := range p.absent {
		if a.offset < to && a.offset+a.length > from {
			needed = append(needed, a)
			bytes += a.length
		}
	}
	if needed == nil {
		return nil
	}
	ctx, cancel := within(ctx, bytes)
	defer cancel()
	var mu sync.Mutex
	var errs []error
	retry.Each(needed, fetchers, func(n piece) {
		if err := p.fetchPiece(ctx, n); err != nil {
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		}
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	p.absent = slices.DeleteFunc(p.absent, func(a piece) bool { return slices.Contains(needed, a) })
	return nil
}

// cover returns which ranges of the pieces to read for the first bytes of an upload. pieces are in order.
// Each piece counts only up to the beginning of the next one, because an upload may have continued from an
// earlier offset. stale are the pieces that begin after those bytes. wanted is nil if bytes are missing.
func cover(pieces []piece, bytes int64) (wanted, stale []piece) {
	there := int64(0)
	for i, p := range pieces {
		if p.offset >= bytes {
			stale = append(stale, p)
			continue
		}
		end := p.offset + p.length
		if i+1 < len(pieces) {
			end = min(end, pieces[i+1].offset)
		}
		if p.offset != there {
			return nil, nil
		}
		there = min(end, bytes)
		wanted = append(wanted, piece{p.offset, there - p.offset, p.time})
	}
	if there < bytes {
		return nil, nil
	}
	return wanted, stale
}

func (p *part) fetchPiece(ctx context.Context, w piece) error {
	object := p.f.pieceKey(p.app, p.key, w.offset, w.time)
	out, err := p.f.s3.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &p.f.options.Bucket, Key: &object, Range: ptr(fmt.Sprintf("bytes=0-%d", w.length-1)),
	})
	if err != nil {
		return failed("read a piece of an upload", err)
	}
	defer out.Body.Close()
	n, err := io.Copy(io.NewOffsetWriter(p.spool, w.offset), io.LimitReader(out.Body, w.length))
	if err == nil && n < w.length {
		err = io.ErrUnexpectedEOF
	}
	return failed("read a piece of an upload", err)
}

// listPieces returns all pieces of an upload.
func (f *Files) listPieces(ctx context.Context, app, key string) (pieces []piece, err error) {
	prefix := f.piecesPrefix(app, key)
	pages := s3.NewListObjectsV2Paginator(f.s3, &s3.ListObjectsV2Input{Bucket: &f.options.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("list the pieces of an upload", err)
		}
		for _, o := range page.Contents {
			if p, ok := pieceOf(*o.Key, *o.Size); ok {
				pieces = append(pieces, p)
			}
		}
	}
	return pieces, nil
}

// RemovePart implements mediastore.Files.
func (f *Files) RemovePart(ctx context.Context, app, key string) error {
	if checkKey(app, key) != nil {
		return nil
	}
	ctx, cancel := within(ctx, 0)
	defer cancel()
	pieces, err := f.listPieces(ctx, app, key)
	if err != nil {
		return err
	}
	return f.removePieces(ctx, app, key, pieces)
}

func (f *Files) removePieces(ctx context.Context, app, key string, pieces []piece) error {
	var keys []string
	for _, p := range pieces {
		keys = append(keys, f.pieceKey(app, key, p.offset, p.time))
	}
	return f.removeObjects(ctx, keys)
}

// removeBatch is how many objects one request to S3 can remove.
const removeBatch = 1000

// removeObjects removes objects. It is no error if some do not exist.
func (f *Files) removeObjects(ctx context.Context, keys []string) error {
	for batch := range slices.Chunk(keys, removeBatch) {
		if len(batch) == 1 { // every object store supports this request
			_, err := f.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &f.options.Bucket, Key: &batch[0]})
			if err = failed("remove an object", err); err != nil && !errors.Is(err, media.ErrNotFound) {
				return err
			}
			continue
		}
		objects := make([]types.ObjectIdentifier, len(batch))
		for i := range batch {
			objects[i].Key = &batch[i]
		}
		out, err := f.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &f.options.Bucket, Delete: &types.Delete{Objects: objects, Quiet: ptr(true)},
		})
		if err != nil {
			return failed("remove objects", err)
		}
		for _, e := range out.Errors {
			if e.Code == nil || *e.Code != "NoSuchKey" {
				return failed("remove an object", &smithy.GenericAPIError{Code: deref(e.Code), Message: deref(e.Message)})
			}
		}
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
