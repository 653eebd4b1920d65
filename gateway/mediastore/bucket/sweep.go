package bucket

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"rtmwasm/gateway/media"
)

// Sweep implements mediastore.Files. To find expired files, it lists hours instead of files.
func (f *Files) Sweep(ctx context.Context, expired, idle time.Time, removed func(app, key string)) error {
	return errors.Join(f.sweepFiles(ctx, expired), f.sweepParts(ctx, idle, removed))
}

func (f *Files) sweepFiles(ctx context.Context, expired time.Time) error {
	hours := s3.NewListObjectsV2Paginator(f.s3, &s3.ListObjectsV2Input{
		Bucket: &f.options.Bucket, Prefix: ptr(f.filesPrefix()), Delimiter: ptr("/"),
	})
	for hours.HasMorePages() {
		page, err := nextPage(ctx, hours)
		if err != nil {
			return failed("list the hours of files", err)
		}
		for _, p := range page.CommonPrefixes {
			hour := strings.TrimSuffix(strings.TrimPrefix(*p.Prefix, f.filesPrefix()), "/")
			began, ok := media.HourTime(hour)
			if !ok || began.Add(time.Hour).After(expired) {
				continue
			}
			if err := f.removeAll(ctx, *p.Prefix); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeAll removes all objects whose keys begin with prefix.
func (f *Files) removeAll(ctx context.Context, prefix string) error {
	objects := s3.NewListObjectsV2Paginator(f.s3, &s3.ListObjectsV2Input{Bucket: &f.options.Bucket, Prefix: &prefix})
	for objects.HasMorePages() {
		page, err := nextPage(ctx, objects)
		if err != nil {
			return failed("list expired files", err)
		}
		var keys []string
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
			f.infos.Remove(*o.Key)
		}
		bounded, cancel := within(ctx, 0)
		err = f.removeObjects(bounded, keys)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepParts removes the pieces of uploads whose newest piece is older than idle. Only
// unfinished uploads have pieces.
func (f *Files) sweepParts(ctx context.Context, idle time.Time, removed func(app, key string)) error {
	all := s3.NewListObjectsV2Paginator(f.s3, &s3.ListObjectsV2Input{Bucket: &f.options.Bucket, Prefix: ptr(f.partsPrefix())})
	var upload, touched = "", time.Time{}
	removeIdle := func() error {
		if upload == "" || !touched.Before(idle) {
			return nil
		}
		app, key, ok := strings.Cut(strings.TrimPrefix(upload, f.partsPrefix()), "/")
		if !ok || !media.ValidKey(key) {
			return nil // not a piece of an upload
		}
		if err := f.RemovePart(ctx, app, key); err != nil {
			return err
		}
		removed(app, key)
		return nil
	}
	for all.HasMorePages() {
		page, err := nextPage(ctx, all)
		if err != nil {
			return failed("list the parts of uploads", err)
		}
		for _, o := range page.Contents {
			if of := (*o.Key)[:strings.LastIndexByte(*o.Key, '/')]; of != upload { // they come in order
				if err := removeIdle(); err != nil {
					return err
				}
				upload, touched = of, time.Time{}
			}
			if o.LastModified.After(touched) {
				touched = *o.LastModified
			}
		}
	}
	return removeIdle()
}

func nextPage(ctx context.Context, pages *s3.ListObjectsV2Paginator) (*s3.ListObjectsV2Output, error) {
	ctx, cancel := within(ctx, 0)
	defer cancel()
	return pages.NextPage(ctx)
}
