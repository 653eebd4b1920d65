package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rtmwasm/gateway/mediastore/bucket"
)

// s3Scheme is the prefix of a --media that names a bucket.
const s3Scheme = "s3://"

// s3Settings are the settings that may follow the question mark in the URL of a bucket.
var s3Settings = []string{"endpoint", "region", "path-style", "spool"}

// parseBucket reads s3://BUCKET[/PREFIX][?endpoint=URL&region=REGION&path-style=false&spool=DIR].
// Its errors do not show secrets.
func parseBucket(text string) (o bucket.Options, err error) {
	const form = "s3://BUCKET[/PREFIX]?endpoint=URL&region=REGION"
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return o, errors.New("it needs the form " + form)
	case u.User != nil:
		return o, errors.New("credentials do not belong in the URL: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role")
	case u.Host == "" || u.Port() != "" || strings.Contains(u.Host, ":"):
		return o, errors.New("no bucket is named: it needs the form " + form + "; an object store other than Amazon's is named by endpoint=")
	case u.Fragment != "":
		return o, errors.New("it must not have a #")
	}
	o.Bucket, o.Prefix = u.Host, strings.Trim(u.Path, "/")
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return o, errors.New("the settings after ? must have the form name=value&name=value")
	}
	for name, value := range values {
		switch {
		case !slices.Contains(s3Settings, name):
			return o, fmt.Errorf("unknown setting %q, known are %s%s", name, strings.Join(s3Settings, ", "), didYouMean(name, s3Settings))
		case len(value) > 1:
			return o, fmt.Errorf("%s= is given twice", name)
		}
	}
	o.Region, o.Spool, o.Endpoint = values.Get("region"), values.Get("spool"), values.Get("endpoint")
	if o.Endpoint != "" {
		if err := checkEndpoint(o.Endpoint); err != nil {
			return o, err
		}
		o.PathStyle = true // most object stores except Amazon's have no host name for each bucket
	}
	if values.Has("path-style") && values.Get("path-style") != "" {
		if o.PathStyle, err = strconv.ParseBool(values.Get("path-style")); err != nil {
			return o, errors.New("path-style= must be true or false")
		}
	} else if values.Has("path-style") {
		o.PathStyle = true
	}
	return o, nil
}

func checkEndpoint(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("endpoint= needs a URL, such as https://s3.example.org")
	case u.User != nil:
		return errors.New("credentials do not belong in endpoint=: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("endpoint= must not have a ? or #")
	}
	return nil
}

// openBucket opens the bucket of --media. The gateway starts even if the bucket cannot be
// reached: messages do not need it, and uploads and downloads fail until it is back.
func (o options) openBucket(ctx context.Context, log *slog.Logger) (*bucket.Files, error) {
	where, err := parseBucket(o.media.where)
	if err != nil {
		return nil, fmt.Errorf("--media: %w", err)
	}
	if where.Spool == "" && o.nats.servers == "" {
		where.Spool = filepath.Join(o.data, "spool")
	}
	where.MinFree, where.Logger = int64(o.minFree), log
	files, err := bucket.New(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("--media: %w", err)
	}
	err = files.Check(ctx)
	if errors.Is(err, bucket.ErrAway) {
		log.Warn("media: uploads and downloads fail for now", "error", err)
		return files, nil
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--media: %w", err), files.Close())
	}
	return files, nil
}
