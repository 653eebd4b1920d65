package natsengine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/core"
	"rtmwasm/gateway/diskspace"
	"rtmwasm/gateway/media"
)

const (
	mediaStream = "MEDIA"      // the bytes: media.<app>.<key>.<part number>
	mediaPrefix = "media"      // of the stream's subjects
	mediaBucket = "MEDIA_INFO" // see recordKey and taskKey

	secretBucket = "MEDIA_SECRET" // has one key, and no end
	secretKey    = "secret"

	kvStream  = "KV_"  // what the engine puts before a bucket's name
	kvSubject = "$KV." // and before its subjects
)

const (
	partBytes = core.MediaPartBytes

	// windowParts of one upload, and sendingParts of all, are on their way to the
	// engine at a time. (It drops what a stream has waiting beyond 128 MiB.)
	windowParts  = 8
	sendingParts = 48

	// aheadParts of one download, and aheadInAll of all, are read before they are
	// needed.
	aheadParts = 3
	aheadInAll = 32

	// saveInterval is the time between two records of a running upload: the
	// progress that it may lose when its gateway is killed.
	saveInterval = 500 * time.Millisecond

	// mediaTimeout bounds each request to the engine; a busy disk may take seconds.
	mediaTimeout = 20 * time.Second
)

// mediaStore keeps media in JetStream: bytes as messages of one stream, in parts of
// partBytes, and a record per file in a KV bucket. A record lists its parts by
// stream sequence, so a part that was stored but not written down (its gateway died,
// or lost the race with another) is never read.
//
// It has a connection of its own: parts must not stand before chat messages.
type mediaStore struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream
	kv     jetstream.KeyValue
	infos  jetstream.Stream // beneath kv; purging it leaves no markers
	maxAge time.Duration
	secret []byte

	room    *diskspace.Reserve
	sending chan struct{} // a slot per part between publish and acknowledgement
	ahead   chan struct{} // a slot per part read ahead
	buffers sync.Pool     // *[partBytes]byte
	recent  recent
}

var _ media.Store = (*mediaStore)(nil)

// MediaStore returns where this engine keeps media.
func (e *Engine) MediaStore() media.Store { return e.media }

// openMedia connects the media store.
func (e *Engine) openMedia() error {
	nc, err := e.dial("rtm-gateway media")
	if err != nil {
		return err
	}
	e.media = &mediaStore{
		nc:      nc,
		room:    &diskspace.Reserve{Dir: e.opts.Dir, Bytes: e.opts.MinFree, Full: media.ErrFull},
		sending: make(chan struct{}, sendingParts),
		ahead:   make(chan struct{}, aheadInAll),
		buffers: sync.Pool{New: func() any { return new([partBytes]byte) }},
		recent:  newRecent(),
	}
	e.media.js, err = jetstream.New(nc, jetstream.WithDefaultTimeout(mediaTimeout))
	return err
}

// setup opens the media stream and buckets. How long media stays is what the stream says.
func (s *mediaStore) setup(ctx context.Context) (err error) {
	if s.stream, err = s.js.Stream(ctx, mediaStream); err != nil {
		return fmt.Errorf("stream %s: %w", mediaStream, err)
	}
	s.maxAge = s.stream.CachedInfo().Config.MaxAge
	if s.kv, err = s.js.KeyValue(ctx, mediaBucket); err != nil {
		return fmt.Errorf("bucket %s: %w", mediaBucket, err)
	}
	if s.infos, err = s.js.Stream(ctx, kvStream+mediaBucket); err != nil {
		return fmt.Errorf("stream of bucket %s: %w", mediaBucket, err)
	}
	if s.secret, err = sharedSecret(ctx, s.js); err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	return nil
}

func (s *mediaStore) close() {
	if s != nil {
		s.nc.Close()
	}
}

// buffer returns room for one part; who takes it gives it back to s.buffers, or to
// s.recent for good.
func (s *mediaStore) buffer() *[partBytes]byte { return s.buffers.Get().(*[partBytes]byte) }

// Error codes of the engine.
const (
	codeOverAccount  = 10002 // the account's limits
	codeNoCluster    = 10008 // no leader of the cluster yet
	codeNotLeader    = 10009
	codeNoResources  = 10023
	codeNoStorage    = 10047
	codeMoved        = 10071 // wrong last sequence
	codeStoreFailure = 10077 // the stream cannot take the message, or is at its limit
	codeOffline      = 10118 // the stream
)

// mediaError gives errors of the engine the names that package media knows.
func mediaError(err error) error {
	if errors.Is(err, jetstream.ErrKeyExists) {
		return media.ErrConflict
	}
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrMsgNotFound) {
		return media.ErrNotFound
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode {
		case codeMoved:
			return media.ErrConflict
		case codeOverAccount, codeNoResources, codeNoStorage, codeStoreFailure:
			return fmt.Errorf("%w: %w", media.ErrFull, err)
		}
	}
	return err
}
