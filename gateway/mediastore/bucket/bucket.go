package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	lru "github.com/hashicorp/golang-lru/v2"

	"rtmwasm/gateway/diskspace"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// Options say which bucket to use and how to reach it. The credentials come from the environment, as in
// every program that uses the AWS SDK.
type Options struct {
	Bucket string // required
	Prefix string // of all object keys; "" means no prefix

	Region    string // "" means the region of the environment, else us-east-1
	Endpoint  string // URL of the object store if it is not Amazon's; "" means the one of the environment
	PathStyle bool   // whether URLs have the bucket in the path instead of the host name

	// Spool is a folder on the local disk for running uploads. It is created if it is missing. Files
	// that an earlier gateway left there are removed. "" means a temporary folder.
	Spool string

	// MinFree is how many bytes must stay free on the disk of Spool; 0 means no reserve.
	MinFree int64

	// Logger gets warnings about objects that could not be removed, which may cost money; nil means
	// slog.Default().
	Logger *slog.Logger
}

// cachedInfos is how many descriptions of files are cached, so that a download in many ranges gets the
// description once. Each takes about 1 KB, or 3 KB for a large file.
const cachedInfos = 512

// Files implements mediastore.Files with a bucket. It is safe for concurrent use.
type Files struct {
	options Options
	s3      *s3.Client
	signer  *s3.PresignClient
	infos   *lru.Cache[string, object] // by object key
	spool   string
	reserve diskspace.Reserve
}

var _ mediastore.Files = (*Files)(nil)

// New returns the Files of a bucket. It sends no request to the object store; see Check.
func New(ctx context.Context, options Options) (*Files, error) {
	if options.Bucket == "" {
		return nil, errors.New("bucket: Options need a Bucket")
	}
	if options.Prefix = strings.Trim(options.Prefix, "/"); options.Prefix != "" {
		options.Prefix += "/"
	}
	options.Logger = cmp.Or(options.Logger, slog.Default())
	dir, err := prepareSpool(options.Spool)
	if err != nil {
		return nil, spoolError(err)
	}
	client, err := newClient(ctx, options)
	if err != nil {
		return nil, err
	}
	infos, err := lru.New[string, object](cachedInfos)
	if err != nil {
		return nil, err
	}
	return &Files{
		options: options, s3: client, signer: s3.NewPresignClient(client), infos: infos, spool: dir,
		reserve: diskspace.Reserve{Dir: dir, Bytes: options.MinFree, Full: media.ErrFull},
	}, nil
}

// spoolName is the pattern of spool files.
const spoolName = "upload-*.spool"

// prepareSpool makes the folder and removes the files that an earlier process left. On most systems
// there are none, because a spool file has no name while it is in use.
func prepareSpool(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "rtm-spool-")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	left, err := filepath.Glob(filepath.Join(dir, spoolName))
	for _, name := range left {
		_ = os.Remove(name) // it fails if another gateway still uses the file
	}
	return dir, err
}

// Close removes the spool folder if it is a temporary one.
func (f *Files) Close() error {
	if f.options.Spool == "" {
		return os.RemoveAll(f.spool)
	}
	return nil
}

// Room implements mediastore.Files. Only the local disk can be full; a bucket has no limit.
func (f *Files) CheckSpace(context.Context) error { return f.reserve.Check() }

// filesPrefix and partsPrefix are the prefixes of finished files and of pieces of unfinished uploads.
func (f *Files) filesPrefix() string { return f.options.Prefix + "files/" }
func (f *Files) partsPrefix() string { return f.options.Prefix + "parts/" }

// hourDigits is how many digits of a key are its hour, see media.KeyHour.
const hourDigits = 6

// fileKey returns the object key of a finished file.
func (f *Files) fileKey(app, key string) string {
	return f.filesPrefix() + key[:hourDigits] + "/" + app + "/" + key
}

// moreKey returns the key of the object with the description that does not fit into a file's metadata.
func moreKey(fileKey string) string { return fileKey + ".more" }

// pieceKey returns the object key of the piece of an upload that begins at offset. time is the time of the
// part, in milliseconds; see piece.
func (f *Files) pieceKey(app, key string, offset, time int64) string {
	return fmt.Sprintf("%s%020d-%013d", f.piecesPrefix(app, key), offset, time)
}

func (f *Files) piecesPrefix(app, key string) string {
	return f.partsPrefix() + app + "/" + key + "/"
}

// Time limits.
const (
	// requestTime limits a small request with all its repetitions.
	requestTime = 30 * time.Second

	// slowest is the lowest speed of a request with a body, in bytes per second.
	slowest = 256 << 10

	// stallTime is how long a download waits for its next bytes.
	stallTime = 20 * time.Second
)

// within returns a context that limits the time of a request that transfers so many bytes.
func within(ctx context.Context, bytes int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, requestTime+time.Duration(bytes/slowest)*time.Second)
}

// checkKey returns media.ErrNotFound if app or key is invalid. Such a key could name another object.
func checkKey(app, key string) error {
	if !media.ValidKey(key) || app == "" || strings.Contains(app, "/") {
		return media.ErrNotFound
	}
	return nil
}
