package bucket

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rtmwasm/gateway/media"
)

// firstBytes is how many bytes of a file are requested together with its description. Most files are
// smaller, so one request is enough.
const firstBytes = 256 << 10

// moreBytes limits the size of the second object of a file.
const moreBytes = 1 << 20

// Open implements mediastore.Files. If the description of the file is cached, the content is requested
// only when it is read.
func (f *Files) Open(ctx context.Context, app, key string) (media.Info, media.Reader, error) {
	if err := checkKey(app, key); err != nil {
		return media.Info{}, nil, err
	}
	r := &reader{f: f, ctx: ctx, key: f.fileKey(app, key)}
	if known, ok := f.infos.Get(r.key); ok {
		r.object = known
		return known.info, r, nil
	}
	if err := r.get(0, firstBytes); err != nil {
		return media.Info{}, nil, err
	}
	var err error
	r.object, err = f.object(ctx, app, key, r.described)
	if err != nil {
		_ = r.Close()
		return media.Info{}, nil, err
	}
	r.bodyEnd = min(r.bodyEnd, r.object.info.Size)
	return r.object.info, r, nil
}

// Stat implements mediastore.Files. It reads one byte instead of using HEAD, because the response to HEAD
// does not tell a missing bucket from a missing file.
func (f *Files) Stat(ctx context.Context, app, key string) (media.Info, error) {
	if err := checkKey(app, key); err != nil {
		return media.Info{}, err
	}
	r := &reader{f: f, ctx: ctx, key: f.fileKey(app, key)}
	if err := r.get(0, 1); err != nil {
		return media.Info{}, err
	}
	defer r.Close()
	_, _ = io.CopyN(io.Discard, r.body, 1) // so that the connection can be used again
	r.bodyAt = r.bodyEnd
	o, err := f.object(ctx, app, key, r.described)
	return o.info, err
}

// described is the description of a file's object in a response.
type described struct {
	metadata map[string]string
	size     int64
	etag     string
}

// object returns the description of a file from a response, and caches it, because files never change.
func (f *Files) object(ctx context.Context, app, key string, d described) (object, error) {
	name := f.fileKey(app, key)
	if known, ok := f.infos.Get(name); ok && known.etag == d.etag {
		return known, nil
	}
	info := media.Info{Ref: media.Ref{App: app, Key: key}, Size: d.size, Offset: d.size}
	needsMore, err := read(d.metadata, &info)
	if err == nil && needsMore {
		err = f.readMore(ctx, name, &info)
	}
	if err != nil {
		return object{}, fmt.Errorf("bucket: the description of %s: %w", name, err)
	}
	o := object{info, d.etag}
	f.infos.Add(name, o)
	return o, nil
}

func (f *Files) readMore(ctx context.Context, fileKey string, info *media.Info) error {
	ctx, cancel := within(ctx, 0)
	defer cancel()
	key := moreKey(fileKey)
	out, err := f.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &f.options.Bucket, Key: &key})
	if err != nil {
		return failed("read it", err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(io.LimitReader(out.Body, moreBytes))
	if err != nil {
		return err
	}
	return readFacts(text, info)
}

// totalSize returns the size of the whole content from a Content-Range.
func totalSize(contentRange string) (int64, bool) {
	_, total, found := strings.Cut(contentRange, "/")
	n, err := strconv.ParseInt(total, 10, 64)
	return n, found && err == nil
}

// Remove implements mediastore.Files.
func (f *Files) Remove(ctx context.Context, app, key string) error {
	if checkKey(app, key) != nil {
		return nil
	}
	ctx, cancel := within(ctx, 0)
	defer cancel()
	object := f.fileKey(app, key)
	defer f.infos.Remove(object)
	return f.removeObjects(ctx, []string{object, moreKey(object)})
}
