package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rtmwasm/gateway/media"
)

// reader reads a file's object. It requests bytes only when they are read. If a response breaks off, it
// requests the rest again.
type reader struct {
	f      *Files
	ctx    context.Context // limits all requests
	key    string          // of the object
	object object

	offset int64 // of the next byte to read

	body      io.ReadCloser // nil if there is no response
	bodyAt    int64         // offset of the next byte of body
	bodyEnd   int64
	described described // in the response with body
	cancel    context.CancelFunc
	stall     *time.Timer // calls cancel; runs while the reader waits for the object store
}

var _ media.Reader = (*reader)(nil)

// get requests length bytes of the object from an offset on, or less if the object is shorter.
func (r *reader) get(offset, length int64) error {
	r.closeBody()
	ctx, cancel := context.WithCancel(r.ctx)
	r.cancel, r.stall = cancel, time.AfterFunc(requestTime, cancel)
	in := &s3.GetObjectInput{
		Bucket: &r.f.options.Bucket, Key: &r.key,
		Range: ptr(fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)),
	}
	if r.object.etag != "" {
		in.IfMatch = &r.object.etag
	}
	out, err := r.f.s3.GetObject(ctx, in)
	r.stall.Stop()
	if err != nil {
		r.closeBody()
		return failed("read a file", err)
	}
	size, ok := totalSize(deref(out.ContentRange))
	if !ok {
		if size = *out.ContentLength; offset > 0 {
			_ = out.Body.Close()
			r.closeBody()
			return errors.New("bucket: read a file: the object store does not serve ranges")
		}
	}
	r.body, r.bodyAt, r.bodyEnd = out.Body, offset, offset+length
	r.described = described{out.Metadata, size, deref(out.ETag)}
	return nil
}

// closeBody closes the response, if there is one.
func (r *reader) closeBody() {
	if r.cancel == nil {
		return
	}
	r.stall.Stop()
	if r.body != nil {
		if r.bodyAt < r.bodyEnd {
			r.cancel() // the rest of the response is not wanted; otherwise the connection can be used again
		}
		_ = r.body.Close()
	}
	r.cancel()
	r.body, r.cancel = nil, nil
}

// Close implements io.Closer.
func (r *reader) Close() error {
	r.closeBody()
	return nil
}

// Seek implements io.Seeker. It sends no request.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.object.info.Size
	}
	if offset < 0 {
		return 0, errors.New("bucket: seek before the beginning of a file")
	}
	r.offset = offset
	return offset, nil
}

// Read implements io.Reader. WriteN is better, because it requests only the bytes that are needed.
func (r *reader) Read(p []byte) (int, error) {
	return r.read(p, r.object.info.Size-r.offset)
}

// read reads some of the next n bytes.
func (r *reader) read(p []byte, n int64) (int, error) {
	if n = min(n, r.object.info.Size-r.offset); n <= 0 {
		return 0, io.EOF
	}
	var err error
	for range maxAttempts {
		if r.body == nil || r.bodyAt != r.offset || r.bodyAt >= r.bodyEnd {
			if err = r.get(r.offset, n); err != nil {
				return 0, err // the SDK has repeated the request already
			}
		}
		r.stall.Reset(stallTime)
		var got int
		got, err = r.body.Read(p[:min(int64(len(p)), n, r.bodyEnd-r.bodyAt)])
		r.stall.Stop()
		r.offset, r.bodyAt = r.offset+int64(got), r.bodyAt+int64(got)
		if got > 0 {
			return got, nil
		}
		if r.closeBody(); r.ctx.Err() != nil {
			break
		}
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return 0, failed("read a file", err)
}

var copyBuffers = sync.Pool{New: func() any { return new([copyBytes]byte) }}

// WriteN implements media.Reader.
func (r *reader) WriteN(w io.Writer, n int64) (written int64, err error) {
	buffer := copyBuffers.Get().(*[copyBytes]byte)
	defer copyBuffers.Put(buffer)
	for written < n {
		got, err := r.read(buffer[:], n-written)
		if err != nil {
			return written, err
		}
		put, err := w.Write(buffer[:got])
		written += int64(put)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
