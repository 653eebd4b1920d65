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

// tusStore gives tusd access to the uploads of the request's user in the Store.
type tusStore struct{ h *Handler }

var (
	_ handler.DataStore           = tusStore{}
	_ handler.TerminaterDataStore = tusStore{}
)

// NewUpload creates an upload, unless the session has too many uploads, or a quota is exceeded.
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
	if err := s.h.lockCreation(ctx, req, id); err != nil {
		return nil, s.h.tusError(ctx, "create an upload", err)
	}
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

// GetUpload finds an upload that the user of the request has created in any session.
func (s tusStore) GetUpload(ctx context.Context, key string) (handler.Upload, error) {
	req := requestOf(ctx)
	soFar := s.h.arriving.find(Ref{App: req.who.App, Key: key}).soFar()
	info, err := s.h.store.Info(ctx, req.who.App, key)
	if err == nil && info.UID != req.who.UID {
		err = ErrNotFound
	}
	switch {
	case err != nil:
	case !req.readOnly:
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
	if req.readOnly && info.Finished() {
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

// tusUpload is an upload during a request. The request holds its lock, unless it is read-only.
type tusUpload struct {
	h    *Handler
	req  *request
	info Info

	soFar int64 // how many bytes have arrived while another request adds to it, including bytes not stored yet
}

// announceExpiry sets the header Upload-Expires, or removes it if the upload is finished.
func (u *tusUpload) announceExpiry() {
	if u.info.Finished() {
		u.req.header.Del("Upload-Expires")
		return
	}
	u.req.header.Set("Upload-Expires", u.expires().UTC().Format(http.TimeFormat))
}

// expires returns when an unfinished upload will be removed if nobody adds to it.
func (u *tusUpload) expires() time.Time {
	idle := u.info.Touched.Add(u.h.config.IdleLimit)
	if u.info.Expires.Before(idle) {
		return u.info.Expires
	}
	return idle
}

func (u *tusUpload) GetInfo(context.Context) (handler.FileInfo, error) {
	offset := u.info.Offset
	if u.req.readOnly {
		offset = arrivedOf(u.info, u.soFar)
	}
	return handler.FileInfo{
		ID:       u.info.Key,
		Size:     u.info.Size,
		Offset:   offset,
		MetaData: u.info.Metadata,
	}, nil
}

// WriteChunk appends the bytes of src. If the upload belongs to an earlier session, it first moves to this
// session.
func (u *tusUpload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	if u.info.Small >= core.MaxSmallMediaAppends {
		return 0, errSmallAppends
	}
	if err := u.moveToSession(ctx); err != nil {
		return 0, u.h.tusError(ctx, "take over an upload", err)
	}
	u.req.offset = offset
	u.req.room = u.info.Size - offset
	u.req.created = nil // Append lists the upload
	defer u.h.arriving.add(u.info.Ref, u.req)()
	info, err := u.h.store.Append(ctx, u.info, src)
	stored := info.Offset - offset
	if stored < 0 || errors.Is(err, ErrConflict) { // info has the progress of another request
		stored = 0
	}
	if stored > 0 {
		u.info = info
		u.announceExpiry()
	}
	if stored > 0 && u.req.draft == nil && errors.Is(err, ErrBeingChecked) {
		// The response has an offset that is one byte short. The client sends the last byte again, and gets
		// status 423 while the check runs. The drafts need an error here, because for them a success means
		// that the upload is complete.
		err = nil
	}
	if err == nil && u.req.draft != nil && u.req.draft.complete && !u.info.Finished() && !u.req.cut.Load() {
		return stored, errInconsistentLength // the client believes that the upload is complete
	}
	return stored, u.h.tusError(ctx, "append to an upload", err)
}

func (u *tusUpload) moveToSession(ctx context.Context) error {
	session := u.req.who.SessionID
	if u.info.Session == session || u.info.Session == lastingSession(u.req.who) {
		return nil
	}
	ref := u.info.Ref
	ref.Session = session
	leave, err := u.h.slots.upload(ctx, ref, func() (err error) {
		u.info, err = u.h.store.MoveToSession(ctx, u.info, session)
		return err
	})
	// The upload is listed. It also counts here until the end of the request. A sweep of another gateway that
	// read the record before its change may remove the upload from the list; Append lists it again.
	u.req.leave = leave
	return err
}

// FinishUpload does nothing, because the last Append has finished the upload.
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
