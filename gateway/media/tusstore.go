package media

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"rtmwasm/core"
)

// tusStore shows the Store to tusd as the user of the request may see it.
type tusStore struct{ h *Handler }

var (
	_ handler.DataStore           = tusStore{}
	_ handler.TerminaterDataStore = tusStore{}
)

// NewUpload creates an upload if the session has a place for it, and user and app room.
func (s tusStore) NewUpload(ctx context.Context, tus handler.FileInfo) (handler.Upload, error) {
	if tus.Size < 1 {
		return nil, errEmpty
	}
	req := requestOf(ctx)
	id, now := req.keyID, time.Now()
	if id == "" {
		id = newKeyID()
	}
	ref := Ref{App: req.who.App, Key: Key(now, id), Session: req.who.SessionID}
	if req.lasting {
		ref.Session = lastingSession(req.who)
	}
	delete(tus.MetaData, nonceMetadata)
	delete(tus.MetaData, lastingMetadata)
	var info Info
	leave, err := s.h.slots.upload(ctx, ref, func() error {
		end, err := s.h.quotas.admit(ctx, req.who, tus.Size)
		if err != nil {
			return err
		}
		info, err = s.h.store.Create(ctx, Info{
			Ref:      ref,
			UID:      req.who.UID,
			Metadata: tus.MetaData,
			Expected: req.expected,
			Size:     tus.Size,
			Created:  now,
		})
		end(err == nil)
		return err
	})
	if errors.Is(err, ErrConflict) {
		err = errCreating
	}
	if err != nil {
		return nil, s.h.tusError(ctx, "create an upload", err)
	}
	req.created, req.leave = &info, leave
	u := s.upload(req, info)
	if req.out != nil {
		req.out.offerResumption(info.Key)
	}
	return u, nil
}

// GetUpload finds what the user of the request has created, in any session.
func (s tusStore) GetUpload(ctx context.Context, key string) (handler.Upload, error) {
	req := requestOf(ctx)
	soFar := s.h.arriving.find(Ref{App: req.who.App, Key: key}).soFar()
	info, err := s.h.store.Info(ctx, req.who.App, key)
	if err == nil && info.UID != req.who.UID {
		err = ErrNotFound
	}
	switch {
	case err != nil:
	case !req.asks:
		info, err = s.h.evict(ctx, info)
	case soFar == 0:
		info, soFar = s.h.arrivedElsewhere(ctx, info)
	}
	if err != nil {
		return nil, s.h.tusError(ctx, "find an upload", err)
	}
	if req.draft != nil && req.patch != nil {
		if err := req.draft.checkAppend(req.patch, info); err != nil {
			return nil, err
		}
	}
	if req.patchesBeyond(info) {
		return nil, handler.ErrSizeExceeded
	}
	if req.asks && info.Finished() {
		setFileHeaders(req.header, info)
	}
	u := s.upload(req, info)
	u.soFar = soFar
	return u, nil
}

func (s tusStore) upload(req *request, info Info) *tusUpload {
	u := &tusUpload{h: s.h, req: req, info: info}
	u.announceExpiry()
	req.upload = u
	return u
}

func (s tusStore) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return u.(*tusUpload)
}

// tusUpload is one upload during one request, which holds its lock unless it only asks.
type tusUpload struct {
	h    *Handler
	req  *request
	info Info

	soFar int64 // of its bytes are there, stored or not, while another request stores them
}

// announceExpiry sets Upload-Expires, or takes it back when the upload is finished.
func (u *tusUpload) announceExpiry() {
	if u.info.Finished() {
		u.req.header.Del("Upload-Expires")
		return
	}
	u.req.header.Set("Upload-Expires", u.expires().UTC().Format(http.TimeFormat))
}

// expires is when an unfinished upload is removed, if nobody adds to it.
func (u *tusUpload) expires() time.Time {
	idle := u.info.Touched.Add(u.h.config.IdleLimit)
	if u.info.Expires.Before(idle) {
		return u.info.Expires
	}
	return idle
}

func (u *tusUpload) GetInfo(context.Context) (handler.FileInfo, error) {
	offset := u.info.Offset
	if u.req.asks {
		offset = arrivedOf(u.info, u.soFar)
	}
	return handler.FileInfo{
		ID:       u.info.Key,
		Size:     u.info.Size,
		Offset:   offset,
		MetaData: u.info.Metadata,
	}, nil
}

// WriteChunk appends; an upload of an earlier session becomes this session's first.
func (u *tusUpload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	if u.info.Small >= core.MaxSmallMediaAppends {
		return 0, errSmallAppends
	}
	if err := u.adopt(ctx); err != nil {
		return 0, u.h.tusError(ctx, "take over an upload", err)
	}
	u.req.offset = offset
	u.req.room = u.info.Size - offset
	u.req.created = nil // from here on the store lists it
	defer u.h.arriving.add(u.info.Ref, u.req)()
	info, err := u.h.store.Append(ctx, u.info, src)
	stored := info.Offset - offset
	if stored < 0 || errors.Is(err, ErrConflict) { // the Info of someone else's progress
		stored = 0
	}
	if stored > 0 {
		u.info = info
		u.announceExpiry()
	}
	if stored > 0 && u.req.draft == nil && errors.Is(err, ErrBeingChecked) {
		// The answer tells an offset that is one byte short, and so does the next, with status
		// 423. To the drafts a success without an error is the end.
		err = nil
	}
	if err == nil && u.req.draft != nil && u.req.draft.complete && !u.info.Finished() && !u.req.cut.Load() {
		return stored, errInconsistentLength // the client takes the upload for complete
	}
	return stored, u.h.tusError(ctx, "store a part", err)
}

func (u *tusUpload) adopt(ctx context.Context) error {
	session := u.req.who.SessionID
	if u.info.Session == session || u.info.Session == lastingSession(u.req.who) {
		return nil
	}
	ref := u.info.Ref
	ref.Session = session
	leave, err := u.h.slots.upload(ctx, ref, func() (err error) {
		u.info, err = u.h.store.Adopt(ctx, u.info, session)
		return err
	})
	// It is listed, and counts here too to the end of the request: a sweep elsewhere that looked
	// before the record was changed may take it off the list, and the end puts it back.
	u.req.leave = leave
	return err
}

// FinishUpload has nothing to do: the last Append has finished it.
func (u *tusUpload) FinishUpload(context.Context) error { return nil }

// Terminate removes an unfinished upload.
func (u *tusUpload) Terminate(ctx context.Context) error {
	if u.info.Finished() {
		return errFinished
	}
	u.req.header.Del("Upload-Expires")
	return u.h.tusError(ctx, "delete an upload", u.h.store.Abandon(ctx, u.info.Ref))
}

// GetReader is not used: downloads do not go through tusd.
func (u *tusUpload) GetReader(context.Context) (io.ReadCloser, error) {
	return nil, handler.ErrNotImplemented
}
