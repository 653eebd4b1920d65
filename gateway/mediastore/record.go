package mediastore

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// record is the record of an unfinished upload. Records store it as JSON.
type record struct {
	Key      string            `json:"key"`
	UID      string            `json:"uid"`
	Session  string            `json:"session"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Expected []byte            `json:"expected,omitempty"` // the SHA-256 that the content must have
	Size     int64             `json:"size"`
	Created  time.Time         `json:"created"`
	Touched  time.Time         `json:"touched"`

	// Gateway is the id of the gateway whose request is adding to the upload. It stays if that gateway
	// dies. "" means that no request is adding to it.
	Gateway string `json:"gateway,omitempty"`

	Offset int64 `json:"offset"`
	Small  int   `json:"small,omitempty"` // see media.Info
}

var errBadRecord = errors.New("mediastore: the record of an upload is invalid")

// decodeRecord decodes a record and checks the fields that other code relies on.
func decodeRecord(data []byte) (r record, err error) {
	if err := json.Unmarshal(data, &r); err != nil {
		return record{}, errors.Join(errBadRecord, err)
	}
	switch {
	case !media.ValidKey(r.Key),
		r.Size < 1 || r.Size > core.MaxMediaBytes || r.Offset < 0 || r.Offset >= r.Size,
		len(r.Expected) != 0 && len(r.Expected) != sha256.Size:
		return record{}, errBadRecord
	}
	return r, nil
}

func (r record) encode() []byte {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // no field can fail
	}
	return data
}

// info returns the Info of an upload from its record. revision is the revision of the record.
func (s *Store) info(app string, r record, revision uint64) media.Info {
	return media.Info{
		Ref:      media.Ref{App: app, Key: r.Key, Session: r.Session},
		UID:      r.UID,
		Metadata: r.Metadata,
		Expected: r.Expected,
		Size:     r.Size,
		Offset:   r.Offset,
		Small:    r.Small,
		Gateway:  r.Gateway,
		Created:  r.Created,
		Touched:  r.Touched,
		Expires:  r.Created.Add(s.opts.MaxAge),
		Handle:   handle{record: r, revision: revision},
	}
}

// handle is the Handle of the Info of an unfinished upload.
type handle struct {
	record   record
	revision uint64
	fresh    bool // this request has created the upload, so it is not listed yet
}

// handleOf returns the handle of an unfinished upload, or media.ErrConflict for a finished one.
func handleOf(info media.Info) (handle, error) {
	h, ok := info.Handle.(handle)
	if !ok {
		return handle{}, media.ErrConflict
	}
	return h, nil
}
