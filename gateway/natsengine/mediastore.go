package natsengine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/media"
)

const (
	mediaStream = "MEDIA"       // the bytes: media.<app>.<key>.<part number>
	mediaBucket = "MEDIA_INFO"  // see recordKey and taskKey
	mediaPrefix = "media"       // of the stream's subjects
	kvStream    = "KV_"         // what the engine puts before a bucket's name
	kvSubject   = "$KV."        // and before its subjects
	partBytes   = 1 << 20       // of all parts of a file but the last; the engine's largest message
	windowParts = 8             // parts of one upload on their way to the engine
	freeSlots   = 48            // parts of all uploads; the engine drops what goes beyond 128 MiB
	aheadParts  = 3             // parts read ahead of a download
	aheadSlots  = 32            // parts read ahead of all downloads
	checkpoint  = 4 * partBytes // stored bytes after which an offset is written down
	ackTimeout  = 20 * time.Second
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

	sending chan struct{} // a slot per part between publish and acknowledgement
	ahead   chan struct{} // a slot per part read ahead
	buffers sync.Pool     // *[partBytes]byte
}

var _ media.Store = (*mediaStore)(nil)

// MediaStore returns where this engine keeps media.
func (e *Engine) MediaStore() media.Store { return e.media }

// setupMedia makes the media stream and bucket.
func (e *Engine) setupMedia(ctx context.Context) error {
	nc, err := e.dialMedia()
	if err != nil {
		return fmt.Errorf("natsengine: media connection: %w", err)
	}
	s := &mediaStore{
		nc:      nc,
		maxAge:  e.opts.MediaMaxAge,
		sending: make(chan struct{}, freeSlots),
		ahead:   make(chan struct{}, aheadSlots),
		buffers: sync.Pool{New: func() any { return new([partBytes]byte) }},
	}
	e.media = s
	if err := s.setup(ctx); err != nil {
		return fmt.Errorf("natsengine: media: %w", err)
	}
	return nil
}

func (e *Engine) dialMedia() (*nats.Conn, error) {
	return nats.Connect("", nats.InProcessServer(e.embedded), nats.Name("rtm-gateway media"))
}

func (s *mediaStore) setup(ctx context.Context) (err error) {
	s.js, err = jetstream.New(s.nc, jetstream.WithPublishAsyncTimeout(ackTimeout))
	if err != nil {
		return err
	}
	s.stream, err = s.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:        mediaStream,
		Subjects:    []string{mediaPrefix + ".>"},
		Storage:     jetstream.FileStorage,
		MaxAge:      s.maxAge,
		AllowDirect: true,
	})
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	s.kv, err = s.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket:  mediaBucket,
		Storage: jetstream.FileStorage,
		TTL:     s.maxAge,
	})
	if err != nil {
		return fmt.Errorf("bucket: %w", err)
	}
	s.infos, err = s.js.Stream(ctx, kvStream+mediaBucket)
	if err != nil {
		return fmt.Errorf("bucket's stream: %w", err)
	}
	return nil
}

func (s *mediaStore) close() {
	if s != nil {
		s.nc.Close()
	}
}

// buffer returns room for one part; who takes it gives it back to s.buffers.
func (s *mediaStore) buffer() *[partBytes]byte { return s.buffers.Get().(*[partBytes]byte) }

// Error codes of the engine.
const (
	codeNoRoom       = 10023 // insufficient resources
	codeStoreFailed  = 10077 // the stream cannot be written
	codeStorageLimit = 10047
	codeMoved        = 10071 // wrong last sequence
	codeOverQuota    = 10128 // the account's or stream's limit
)

// mediaError gives errors of the engine the names that package media knows.
func mediaError(err error) error {
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrMsgNotFound) {
		return media.ErrNotFound
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode {
		case codeMoved:
			return media.ErrConflict
		case codeNoRoom, codeStoreFailed, codeStorageLimit, codeOverQuota:
			return fmt.Errorf("%w: %w", media.ErrFull, err)
		}
	}
	return err
}
