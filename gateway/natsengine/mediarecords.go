package natsengine

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/diskspace"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore"
)

// uploadBucket has the keys
//
//	r.<app>.<id>             the record of an unfinished upload
//	s.<session>.<app>.<key>  an unfinished upload of a session; no value
//
// Ids of apps and sessions are in unpadded URL-safe base64, which fits in keys and subjects.
const (
	uploadBucket = "rtm_media_uploads"

	uploadKeys  = "r"
	sessionKeys = "s"

	kvStream  = "KV_"  // prefix of the stream of a bucket
	kvSubject = "$KV." // prefix of a bucket's subjects
)

// recordLife is when a record expires that nobody changes or removes. Idle uploads are removed long
// before.
const recordLife = 8 * 24 * time.Hour

// uploadConfig is the stream of uploadBucket. Records are deleted from the stream itself, without a
// marker.
func uploadConfig() jetstream.StreamConfig {
	c := bucketConfig(uploadBucket, jetstream.FileStorage, recordLife, 0)
	c.DenyDelete = false
	return c
}

// mediaRecords implements mediastore.Records.
type mediaRecords struct {
	e       *Engine
	kv      jetstream.KeyValue
	stream  jetstream.Stream // the stream of kv
	reserve *diskspace.Reserve
	secret  []byte
}

var _ mediastore.Records = (*mediaRecords)(nil)

// MediaRecords returns the store of what gateways share about media.
func (e *Engine) MediaRecords() mediastore.Records { return e.records }

// openRecords opens the bucket of records, and reads the secret.
func (e *Engine) openRecords(ctx context.Context) (err error) {
	r := &mediaRecords{e: e, reserve: &diskspace.Reserve{Dir: e.opts.Dir, Bytes: e.opts.MinFree, Full: media.ErrFull}}
	if r.kv, err = e.js.KeyValue(ctx, uploadBucket); err != nil {
		return fmt.Errorf("bucket %s: %w", uploadBucket, err)
	}
	if r.stream, err = e.js.Stream(ctx, kvStream+uploadBucket); err != nil {
		return fmt.Errorf("stream of bucket %s: %w", uploadBucket, err)
	}
	if r.secret, err = sharedSecret(ctx, e.js); err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	e.records = r
	return nil
}

// Secret implements mediastore.Records.
func (r *mediaRecords) Secret() []byte { return r.secret }

// Get implements mediastore.Records.
func (r *mediaRecords) Get(ctx context.Context, app, id string) (value []byte, revision uint64, err error) {
	err = repeat(ctx, func(ctx context.Context, _ bool) error {
		value, revision, err = r.get(ctx, app, id)
		return err
	})
	return value, revision, recordError("read", err)
}

func (r *mediaRecords) get(ctx context.Context, app, id string) ([]byte, uint64, error) {
	entry, err := r.kv.Get(ctx, uploadKey(app, id))
	if errors.Is(err, jetstream.ErrInvalidKey) {
		err = jetstream.ErrKeyNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	return entry.Value(), entry.Revision(), nil
}

// Create implements mediastore.Records.
func (r *mediaRecords) Create(ctx context.Context, app, id string, value []byte) (revision uint64, err error) {
	if err := r.reserve.Check(); err != nil {
		return 0, err
	}
	revision, err = r.write(ctx, app, id, value, func(ctx context.Context, key string) (uint64, error) {
		return r.kv.Create(ctx, key, value)
	})
	return revision, recordError("create", err)
}

// Update implements mediastore.Records.
func (r *mediaRecords) Update(ctx context.Context, app, id string, value []byte, revision uint64) (uint64, error) {
	revision, err := r.write(ctx, app, id, value, func(ctx context.Context, key string) (uint64, error) {
		return r.kv.Update(ctx, key, value, revision)
	})
	return revision, recordError("update", err)
}

// write repeats a write until NATS answers it. If a repeated attempt finds a conflict, an earlier
// attempt whose answer was lost may have caused it.
func (r *mediaRecords) write(ctx context.Context, app, id string, value []byte, attempt func(ctx context.Context, key string) (uint64, error)) (revision uint64, err error) {
	err = repeat(ctx, func(ctx context.Context, again bool) error {
		if revision, err = attempt(ctx, uploadKey(app, id)); !again || !isConflict(err) {
			return err
		}
		there, at, getErr := r.get(ctx, app, id)
		switch {
		case unanswered(getErr):
			return getErr
		case getErr == nil && bytes.Equal(there, value):
			revision = at
			return nil
		}
		return err
	})
	return revision, err
}

// Delete implements mediastore.Records. A revision is the message's sequence.
func (r *mediaRecords) Delete(ctx context.Context, app, id string, revision uint64) error {
	err := repeat(ctx, func(ctx context.Context, again bool) error {
		err := r.stream.DeleteMsg(ctx, revision)
		if err == nil || unanswered(err) {
			return err
		}
		_, at, getErr := r.get(ctx, app, id)
		switch {
		case unanswered(getErr):
			return getErr
		case again && errors.Is(getErr, jetstream.ErrKeyNotFound): // an attempt whose answer was lost deleted it
			return nil
		case errors.Is(getErr, jetstream.ErrKeyNotFound), getErr == nil && at != revision:
			return media.ErrConflict
		}
		return err
	})
	return recordError("delete", err)
}

// AddToSession implements mediastore.Records.
func (r *mediaRecords) AddToSession(ctx context.Context, ref media.Ref) error {
	err := repeat(ctx, func(ctx context.Context, _ bool) error {
		_, err := r.kv.Put(ctx, sessionKey(ref), nil)
		return err
	})
	return recordError("list", err)
}

// RemoveFromSession implements mediastore.Records.
func (r *mediaRecords) RemoveFromSession(ctx context.Context, ref media.Ref) error {
	err := repeat(ctx, func(ctx context.Context, _ bool) error {
		return r.stream.Purge(ctx, jetstream.WithPurgeSubject(uploadSubject+sessionKey(ref)))
	})
	return recordError("unlist", err)
}

// uploadSubject is the prefix of the subjects of the bucket's keys.
const uploadSubject = kvSubject + uploadBucket + "."

// Unfinished implements mediastore.Records.
func (r *mediaRecords) Unfinished(ctx context.Context, session string) (refs []media.Ref, err error) {
	var info *jetstream.StreamInfo
	err = repeat(ctx, func(ctx context.Context, _ bool) error {
		info, err = r.stream.Info(ctx, jetstream.WithSubjectFilter(uploadSubject+sessionFilter(session)))
		return err
	})
	if err != nil {
		return nil, recordError("find", err)
	}
	for subject := range info.State.Subjects {
		if ref, ok := parseSessionKey(strings.TrimPrefix(subject, uploadSubject)); ok {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

// recordError converts errors to those of package media, and adds what failed.
func recordError(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("natsengine: %s the record of an upload: %w", doing, mediaError(err))
}

func uploadKey(app, id string) string { return uploadKeys + "." + token(app) + "." + id }

func sessionKey(r media.Ref) string {
	return sessionKeys + "." + token(r.Session) + "." + token(r.App) + "." + r.Key
}

// sessionFilter matches the keys of a session, or of all sessions if session is "".
func sessionFilter(session string) string {
	if session == "" {
		return sessionKeys + ".>"
	}
	return sessionKeys + "." + token(session) + ".>"
}

// parseSessionKey is the reverse of sessionKey.
func parseSessionKey(s string) (ref media.Ref, ok bool) {
	tokens := strings.Split(s, ".")
	if len(tokens) != 4 || tokens[0] != sessionKeys || !media.ValidKey(tokens[3]) {
		return media.Ref{}, false
	}
	session, err1 := base64.RawURLEncoding.Strict().DecodeString(tokens[1])
	app, err2 := base64.RawURLEncoding.Strict().DecodeString(tokens[2])
	if err1 != nil || err2 != nil || len(session) == 0 || len(app) == 0 {
		return media.Ref{}, false
	}
	ref = media.Ref{Session: string(session), App: string(app), Key: tokens[3]}
	return ref, sessionKey(ref) == s // base64 skips line breaks
}
