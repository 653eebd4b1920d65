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

// Options say which bucket, and how to reach it. Credentials are not among them: they come
// from the environment, as with every program that uses the AWS SDK.
type Options struct {
	Bucket string // required
	Prefix string // of all keys; "" means none

	Region    string // "" means what the environment says, else us-east-1
	Endpoint  string // URL of another object store than Amazon's; "" means what the environment says
	PathStyle bool   // whether the bucket is a part of the path, not of the host name

	// Spool is a folder on the local disk for uploads that are arriving. It is made if
	// missing. What an earlier gateway left there is removed. "" means a temporary one.
	Spool string

	// MinFree is how many bytes uploads leave free on the disk of Spool; 0 means all can be
	// used.
	MinFree int64

	// Logger gets what is left over and may cost money; nil means slog.Default().
	Logger *slog.Logger
}

// cachedInfos is how many descriptions of files are remembered, so that a download in many
// ranges asks for the description once. Each takes about 1 KB, of a large file 3 KB.
const cachedInfos = 512

// Files is a bucket. It is safe for concurrent use.
type Files struct {
	options Options
	s3      *s3.Client
	signer  *s3.PresignClient
	infos   *lru.Cache[string, object] // by object key
	spool   string
	reserve diskspace.Reserve
}

var _ mediastore.Files = (*Files)(nil)

// New returns the Files of a bucket. It does not ask the object store anything; see Check.
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

// prepareSpool makes the folder and removes what an earlier process left. On most systems a
// spool file has no name while it is in use, so nothing is left there.
func prepareSpool(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "rtm-spool-")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	left, err := filepath.Glob(filepath.Join(dir, spoolName))
	for _, name := range left {
		_ = os.Remove(name) // another gateway may have it in use
	}
	return dir, err
}

// Close removes the folder of Options.Spool if it is a temporary one.
func (f *Files) Close() error {
	if f.options.Spool == "" {
		return os.RemoveAll(f.spool)
	}
	return nil
}

// Room implements mediastore.Files: a bucket has no end, the local disk has.
func (f *Files) Room(context.Context) error { return f.reserve.Check() }

// filesPrefix and partsPrefix are where finished files and pieces of unfinished ones are.
func (f *Files) filesPrefix() string { return f.options.Prefix + "files/" }
func (f *Files) partsPrefix() string { return f.options.Prefix + "parts/" }

// hourDigits is how many digits of a key tell its hour.
const hourDigits = 6

// fileKey is the object of a finished file.
func (f *Files) fileKey(app, key string) string {
	return f.filesPrefix() + key[:hourDigits] + "/" + app + "/" + key
}

// moreKey is the object that holds what does not fit into the metadata of a file's.
func moreKey(fileKey string) string { return fileKey + ".more" }

// pieceKey is the object of what an upload holds from an offset on. The time is that of the
// part, in milliseconds: see pieceOf.
func (f *Files) pieceKey(app, key string, offset, time int64) string {
	return fmt.Sprintf("%s%020d-%013d", f.piecesPrefix(app, key), offset, time)
}

func (f *Files) piecesPrefix(app, key string) string {
	return f.partsPrefix() + app + "/" + key + "/"
}

// Bounds of what is waited for.
const (
	// requestTime bounds a small request with all its repetitions.
	requestTime = 30 * time.Second

	// slowest is how many bytes a second must pass for a request with a body.
	slowest = 256 << 10

	// stallTime is how long a download waits for its next bytes.
	stallTime = 20 * time.Second
)

// within bounds a request that moves so many bytes.
func within(ctx context.Context, bytes int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, requestTime+time.Duration(bytes/slowest)*time.Second)
}

// checkKey keeps a key that is not one from becoming the path of something else.
func checkKey(app, key string) error {
	if !media.ValidKey(key) || app == "" || strings.Contains(app, "/") {
		return media.ErrNotFound
	}
	return nil
}
