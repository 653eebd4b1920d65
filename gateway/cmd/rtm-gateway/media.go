package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/event"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
	"rtmwasm/gateway/mediastore/folder"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/gateway/scan"
)

// mediaOptions say where media is stored, and for how long.
type mediaOptions struct {
	where    string // folder, or bucket as s3://…; "" means mediaDir in the folder of --data
	redirect bool
	maxAge   time.Duration
}

// mediaDir is the folder of media within the folder of --data, if --media is not given.
const mediaDir = "media"

func (o *mediaOptions) register(flags *flag.FlagSet) {
	flags.StringVar(&o.where, "media", "", "`folder` for uploaded media; the default is media in the folder of --data. It is created if missing, except with --nats. Or a bucket: s3://BUCKET[/PREFIX][?endpoint=URL&region=REGION&path-style=BOOL&spool=FOLDER], with credentials as the AWS SDK finds them. With --nats, all gateways must be able to reach it")
	flags.BoolVar(&o.redirect, "media-redirect", false, "let clients download directly from the bucket of --media, by URLs that are valid for a minute. The bucket needs CORS, see docs/operating.md")
	durationVar(flags, &o.maxAge, "media-max-age", core.MediaLifetime, "how long uploaded media is kept, such as 24h or 7d; must be the same for all gateways")
}

func (o mediaOptions) check() error {
	scheme, _, isURL := strings.Cut(o.where, "://")
	switch {
	case o.maxAge < time.Second:
		return fmt.Errorf("--media-max-age is %v, it must be at least 1s", duration(o.maxAge))
	case o.redirect && !o.inBucket():
		return errors.New("--media-redirect needs a bucket: --media s3://BUCKET")
	case o.inBucket():
		if _, err := parseBucket(o.where); err != nil {
			return fmt.Errorf("--media: %w", err)
		}
	case isURL:
		return fmt.Errorf("--media knows no %s: name a folder, or a bucket as s3://BUCKET", scheme+"://")
	}
	return nil
}

// inBucket reports whether media is stored in a bucket.
func (o mediaOptions) inBucket() bool { return strings.HasPrefix(o.where, s3Scheme) }

// checkShared returns an error if a gateway of a cluster has no --media that all gateways share.
func (o mediaOptions) checkShared(cluster bool) error {
	if cluster && o.where == "" {
		return errors.New("--nats needs --media: name a folder that all gateways share, such as --media /mnt/rtm-media, or a bucket, s3://BUCKET")
	}
	return nil
}

// mediaFolder returns the folder of media. It counts only if media is not in a bucket.
func (o options) mediaFolder() string { return cmp.Or(o.media.where, filepath.Join(o.data, mediaDir)) }

// openMedia opens the folder or bucket of media. The secret is shared by all gateways.
func (o options) openMedia(ctx context.Context, secret []byte, log *slog.Logger) (mediastore.Files, error) {
	if o.media.inBucket() {
		return o.openBucket(ctx, log)
	}
	dir := o.mediaFolder()
	shared := o.nats.servers != ""
	files, err := folder.Open(folder.Options{Dir: dir, Shared: shared, Secret: secret, MinFree: int64(o.minFree)})
	if shared && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--media: there is no folder %s: mount the storage that all gateways share, and create the folder there once; with --nats a gateway makes none, since it would be on this machine only", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("--media: %w: give the gateway's user a folder that it may write to", err)
	}
	if err := files.Probe(ctx); err != nil { // the gateway starts all the same: messages need no media
		log.Warn("no media can be stored: uploads are refused, and /readyz fails, until this is fixed", "folder", dir, "error", err)
	}
	return files, nil
}

// mediaStore is a mediastore.Store that also owns its files.
type mediaStore struct {
	*mediastore.Store
	files mediastore.Files
}

// openMediaStore opens the store of media. The engine holds the records that gateways share.
func (o options) openMediaStore(ctx context.Context, engine *natsengine.Engine, scanner *scan.Scanner, log *slog.Logger) (*mediaStore, error) {
	records := engine.MediaRecords()
	files, err := o.openMedia(ctx, records.Secret(), log)
	if err != nil {
		return nil, err
	}
	options := mediastore.Options{Records: records, Files: files, MaxAge: o.media.maxAge, Redirect: o.media.redirect, Logger: log}
	if scanner != nil {
		options.Checker = scanner
	}
	if events := engine.Events(); events != nil {
		options.Finished = func(info media.Info) {
			events.Report(event.Event{Kind: event.Uploaded, User: id.User{App: info.App, ID: info.UID}, At: time.Now(), File: &info})
		}
	}
	return &mediaStore{mediastore.New(options), files}, nil
}

// close saves the store's counters and closes the files.
func (s *mediaStore) close() error {
	err := s.Store.Close()
	if files, ok := s.files.(io.Closer); ok {
		err = errors.Join(err, files.Close())
	}
	return err
}
