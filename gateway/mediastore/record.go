package mediastore

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// record is what Records hold of an unfinished upload, in JSON.
type record struct {
	Key      string            `json:"key"`
	UID      string            `json:"uid"`
	Session  string            `json:"session"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Expected []byte            `json:"expected,omitempty"` // the SHA-256 that the content must have
	Size     int64             `json:"size"`
	Created  time.Time         `json:"created"`
	Touched  time.Time         `json:"touched"`

	// Gateway is the id of the gateway whose request is adding to the upload, or did when the
	// gateway died; "" for none.
	Gateway string `json:"gateway,omitempty"`

	Offset int64 `json:"offset"`
	Small  int   `json:"small,omitempty"` // see media.Info
}

var errBadRecord = errors.New("mediastore: a record that cannot be right")

// decodeRecord checks what the rest relies on.
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

// info is what the record tells of an upload; revision is the record's.
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

// handle is what the store needs to change an upload that it gave the Info of.
type handle struct {
	record   record
	revision uint64
	fresh    bool // this request has created it: it is not listed
}

// handleOf returns the handle of an unfinished upload.
func handleOf(info media.Info) (handle, error) {
	h, ok := info.Handle.(handle)
	if !ok {
		return handle{}, media.ErrConflict // it is finished
	}
	return h, nil
}
