package bucket

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rtmwasm/gateway/media"
)

// linkTime is how long a link is valid. The download must begin within that time.
const linkTime = time.Minute

// Link returns a URL of a finished file. Whoever has the URL can read the file from the object store for
// a minute. The response will have the header that answer returns for the file's Info: Content-Type,
// Content-Disposition and Cache-Control. If answer returns nil, the link is "".
func (f *Files) Link(ctx context.Context, app, key string, answer func(media.Info) http.Header) (media.Info, string, error) {
	if err := checkKey(app, key); err != nil {
		return media.Info{}, "", err
	}
	name := f.fileKey(app, key)
	known, ok := f.infos.Get(name)
	info := known.info
	if !ok {
		var err error
		if info, err = f.Stat(ctx, app, key); err != nil {
			return media.Info{}, "", err
		}
	}
	header := answer(info)
	if header == nil {
		return info, "", nil
	}
	link, err := f.signer.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: &f.options.Bucket, Key: &name,
		ResponseContentType:        ptr(header.Get("Content-Type")),
		ResponseContentDisposition: ptr(header.Get("Content-Disposition")),
		ResponseCacheControl:       ptr(header.Get("Cache-Control")),
	}, s3.WithPresignExpires(linkTime))
	if err != nil {
		return media.Info{}, "", failed("sign a link", err)
	}
	return info, link.URL, nil
}
