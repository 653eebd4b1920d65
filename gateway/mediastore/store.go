package mediastore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// endTimeout limits the work at the end of a request. That work is done even if its client is gone.
const endTimeout = 20 * time.Second

// repeatTime is how long, at least, a client can repeat the creation of a file that is finished
// already. Clients give up after core.MediaStallTimeout. During this time after each full hour, a
// creation costs the object store one more request, because the file may be in the hour before.
const repeatTime = core.MediaStallTimeout

// Options configure a Store. Records and Files are required.
type Options struct {
	Records Records
	Files   Files

	// MaxAge is how long media stays readable; 0 means core.MediaLifetime. All gateways that
	// share Records and Files must agree on it.
	MaxAge time.Duration

	// Gateway is the id of this process of the gateway; "" means a random id.
	Gateway string

	// Checker checks files before anybody can read them; nil means that files are not checked.
	Checker Checker

	// Finished is called when an upload is finished and others can read the file. The gateway that
	// stored the last byte calls it. A gateway that finds both the file and its record also calls it,
	// because the other gateway may have died before; so it may be called twice. It must not block,
	// and must not ask the Store for the upload. nil means that nothing is called.
	Finished func(media.Info)

	// Redirect makes clients download files directly from Files, if Files is a Linker.
	Redirect bool

	// CheckWait is how long a request waits for the Checker before its client is asked to try
	// again; 0 means 8 s. It must be shorter than clients and proxies wait for an answer.
	CheckWait time.Duration

	// Logger gets errors that cannot be returned to a client; nil means slog.Default().
	Logger *slog.Logger
}

// Store implements media.Store.
type Store struct {
	opts    Options
	records Records
	files   Files
	usage   usage
	checks  checks

	mu       sync.Mutex
	finished map[ref]bool // uploads that may be finished but still have a record; guarded by mu
}

// ref names a record.
type ref struct{ app, id string }

var _ media.Store = (*Store)(nil)

// New makes a Store. The caller must call Close, which writes the last counts of stored bytes.
func New(o Options) *Store {
	if o.MaxAge == 0 {
		o.MaxAge = core.MediaLifetime
	}
	if o.Gateway == "" {
		o.Gateway = rand.Text()
	}
	if o.CheckWait == 0 {
		o.CheckWait = defaultCheckWait
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Store{
		opts: o, records: o.Records, files: o.Files,
		usage: usage{records: o.Records, failed: func(err error) {
			o.Logger.Warn("media: cannot count stored bytes", "error", err)
		}},
		finished: map[ref]bool{},
	}
}

// Close ends all checks and writes the counts of stored bytes. Records and Files stay open.
func (s *Store) Close() error {
	s.checks.close()
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	s.usage.close()
	return s.usage.flush(ctx)
}

// Secret implements media.Store.
func (s *Store) Secret() []byte { return s.records.Secret() }

// Gateway implements media.Store.
func (s *Store) Gateway() string { return s.opts.Gateway }

// Create implements media.Store.
func (s *Store) Create(ctx context.Context, info media.Info) (media.Info, error) {
	switch {
	case info.Session == "":
		return media.Info{}, errors.New("mediastore: an upload needs a session")
	case info.App == "" || !media.ValidKey(info.Key):
		return media.Info{}, errors.New("mediastore: an upload needs an app and a key")
	}
	if err := s.files.CheckSpace(ctx); err != nil {
		return media.Info{}, err
	}
	if err := s.ready(); err != nil {
		return media.Info{}, err
	}
	now := time.Now().UTC()
	if info.Created.IsZero() {
		info.Created = now
	}
	r := record{
		Key: info.Key, UID: info.UID, Session: info.Session, Metadata: info.Metadata, Expected: info.Expected,
		Size: info.Size, Created: info.Created.UTC(), Touched: now, Gateway: s.opts.Gateway,
	}
	revision, err := s.records.Create(ctx, info.App, media.KeyID(info.Key), r.encode())
	if err != nil {
		return media.Info{}, fmt.Errorf("create record: %w", err)
	}
	s.usage.add(info.App, info.UID, r.Created, r.Size)
	info = s.info(info.App, r, revision)
	info.Handle = handle{record: r, revision: revision, fresh: true}
	return info, nil
}

// ready returns an error if files are known to be impossible to check now.
func (s *Store) ready() error {
	if s.opts.Checker == nil {
		return nil
	}
	if err := s.opts.Checker.Ready(); err != nil {
		return errors.Join(media.ErrUnchecked, err)
	}
	return nil
}

// get returns the Info of a record.
func (s *Store) get(ctx context.Context, app, id string) (media.Info, error) {
	value, revision, err := s.records.Get(ctx, app, id)
	if err != nil {
		return media.Info{}, err
	}
	r, err := decodeRecord(value)
	if err == nil && media.KeyID(r.Key) != id {
		err = errBadRecord
	}
	if err != nil {
		return media.Info{Handle: handle{revision: revision}}, err
	}
	return s.info(app, r, revision), nil
}

// Info implements media.Store.
func (s *Store) Info(ctx context.Context, app, key string) (media.Info, error) {
	if app == "" || !media.ValidKey(key) {
		return media.Info{}, media.ErrNotFound
	}
	info, err := s.get(ctx, app, media.KeyID(key))
	switch {
	case err == nil && info.Key != key:
		return media.Info{}, media.ErrNotFound
	case err == nil:
		info, err = s.reconcile(ctx, info)
	case errors.Is(err, media.ErrNotFound):
		if info, err = s.files.Stat(ctx, app, key); errors.Is(err, media.ErrNotFound) {
			err = s.checks.missing(ctx, ref{app, media.KeyID(key)}, s.opts.CheckWait)
		}
	}
	return s.unlessExpired(info, err)
}

// Find implements media.Store.
func (s *Store) Find(ctx context.Context, app, id string, now time.Time) (media.Info, error) {
	info, err := s.get(ctx, app, id)
	switch {
	case err == nil:
		info, err = s.reconcile(ctx, info)
	case errors.Is(err, media.ErrNotFound):
		info, err = s.files.Stat(ctx, app, media.Key(now, id))
		if before := now.Add(-repeatTime); errors.Is(err, media.ErrNotFound) && media.Key(before, id) != media.Key(now, id) {
			info, err = s.files.Stat(ctx, app, media.Key(before, id))
		}
		if errors.Is(err, media.ErrNotFound) {
			err = s.checks.missing(ctx, ref{app, id}, s.opts.CheckWait)
		}
	}
	return s.unlessExpired(info, err)
}

// reconcile checks whether an upload that has a record is finished already. Then it deletes the record
// and returns the Info of the file. This happens if a gateway died before it deleted the record, or could
// not delete it. A NATS server that was killed may also bring back a record that was deleted just before.
func (s *Store) reconcile(ctx context.Context, info media.Info) (media.Info, error) {
	name := ref{info.App, media.KeyID(info.Key)}
	s.mu.Lock()
	finished := s.finished[name]
	s.mu.Unlock()
	if !finished && info.Gateway == s.opts.Gateway {
		return info, nil // this gateway would know if it had finished the upload
	}
	file, err := s.files.Stat(ctx, info.App, info.Key)
	if errors.Is(err, media.ErrNotFound) {
		s.clearFinished(name)
		return info, nil
	}
	if err != nil {
		return media.Info{}, err
	}
	h, _ := handleOf(info)
	s.conclude(ctx, file, info.Session, h)
	return file, nil
}

// conclude calls Options.Finished for a file, and then deletes the record of its upload. The order
// matters: if the gateway dies in between, whoever finds the record calls Options.Finished again.
func (s *Store) conclude(ctx context.Context, file media.Info, session string, h handle) {
	if s.opts.Finished != nil {
		s.opts.Finished(file)
	}
	if err := s.deleteRecord(ctx, media.Ref{App: file.App, Key: file.Key, Session: session}, h); err != nil {
		s.opts.Logger.WarnContext(ctx, "media: cannot delete the record of a finished upload", "key", file.Key, "error", err)
	}
}

func (s *Store) deleteRecord(ctx context.Context, r media.Ref, h handle) error {
	name := nameOf(r)
	err := s.records.Delete(ctx, name.app, name.id, h.revision)
	if errors.Is(err, media.ErrConflict) || errors.Is(err, media.ErrNotFound) {
		err = nil // another gateway has changed or deleted it
	}
	if err == nil && !h.fresh {
		err = s.records.RemoveFromSession(ctx, r)
	}
	if err == nil {
		s.clearFinished(name)
	}
	return err
}

// noteFinished remembers that an upload may be finished although it has a record.
func (s *Store) noteFinished(name ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished[name] = true
}

func (s *Store) clearFinished(name ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.finished, name)
}

// unlessExpired sets info.Expires. It returns media.ErrNotFound if the upload has expired, and err if
// that is not nil.
func (s *Store) unlessExpired(info media.Info, err error) (media.Info, error) {
	if err != nil {
		return media.Info{}, err
	}
	info.Expires = info.Created.Add(s.opts.MaxAge)
	if !time.Now().Before(info.Expires) {
		return media.Info{}, media.ErrNotFound
	}
	return info, nil
}

// Open implements media.Store.
func (s *Store) Open(ctx context.Context, app, key string) (media.Info, media.Reader, error) {
	if app == "" || !media.ValidKey(key) {
		return media.Info{}, nil, media.ErrNotFound
	}
	info, reader, err := s.files.Open(ctx, app, key)
	if err != nil {
		return media.Info{}, nil, err
	}
	if info, err = s.unlessExpired(info, nil); err != nil {
		return media.Info{}, nil, errors.Join(err, reader.Close())
	}
	return info, reader, nil
}

// AddToSession implements media.Store.
func (s *Store) AddToSession(ctx context.Context, info media.Info) error {
	return s.records.AddToSession(ctx, info.Ref)
}

// MoveToSession implements media.Store.
func (s *Store) MoveToSession(ctx context.Context, info media.Info, session string) (media.Info, error) {
	h, err := handleOf(info)
	if err != nil || info.Session == session {
		return info, err
	}
	before := info.Ref
	// The record's Gateway stays: if it is another gateway, Append claims the part.
	h.record.Session, h.record.Touched = session, time.Now().UTC()
	after := s.info(info.App, h.record, h.revision)
	// The upload is listed for both sessions for a moment, so that it is always listed. Abandon removes
	// it only for the session in the record.
	if err := s.records.AddToSession(ctx, after.Ref); err != nil {
		return info, err
	}
	if h.revision, err = s.records.Update(ctx, info.App, media.KeyID(info.Key), h.record.encode(), h.revision); err != nil {
		return info, errors.Join(err, s.records.RemoveFromSession(ctx, after.Ref))
	}
	return s.info(info.App, h.record, h.revision), s.records.RemoveFromSession(ctx, before)
}

// Abandon implements media.Store.
func (s *Store) Abandon(ctx context.Context, r media.Ref) error {
	info, err := s.get(ctx, r.App, media.KeyID(r.Key))
	if err == nil && info.Session == r.Session && info.Key == r.Key {
		if s.checks.stop(r) { // no new check begins, because the caller holds the upload's lock
			return s.Abandon(ctx, r)
		}
		info, err = s.reconcile(ctx, info)
	}
	switch {
	case errors.Is(err, errBadRecord), errors.Is(err, media.ErrNotFound):
	case err != nil:
		return err
	case info.Session != r.Session || info.Key != r.Key: // another session has taken it over, or it is finished
		return s.records.RemoveFromSession(ctx, r)
	}
	// Delete the record first: after that no gateway can finish the upload.
	if h, ok := info.Handle.(handle); ok {
		err := s.records.Delete(ctx, r.App, media.KeyID(r.Key), h.revision)
		switch {
		case err != nil && !s.isGone(ctx, r): // another gateway may have removed it
			return err
		case err == nil && time.Since(info.Created) < s.opts.MaxAge: // an expired upload does not count any more
			s.usage.add(r.App, info.UID, info.Created, -info.Size)
		}
	}
	return errors.Join(s.files.RemovePart(ctx, r.App, r.Key), s.records.RemoveFromSession(ctx, r))
}

// isGone reports whether the upload has no record any more.
func (s *Store) isGone(ctx context.Context, r media.Ref) bool {
	_, _, err := s.records.Get(ctx, r.App, media.KeyID(r.Key))
	return errors.Is(err, media.ErrNotFound)
}

// Probe returns an error if Files could not store a file now.
func (s *Store) Probe(ctx context.Context) error {
	if prober, ok := s.files.(interface{ Probe(context.Context) error }); ok {
		return prober.Probe(ctx)
	}
	return s.files.CheckSpace(ctx)
}

// Unfinished implements media.Store.
func (s *Store) Unfinished(ctx context.Context, session string) ([]media.Ref, error) {
	return s.records.Unfinished(ctx, session)
}

// Usage implements media.Store.
func (s *Store) Usage(ctx context.Context, app, uid string) (int64, error) {
	if err := s.usage.flush(ctx); err != nil {
		return 0, err
	}
	return s.records.Usage(ctx, app, uid)
}
