package natsengine

import (
	"crypto/sha256"
	"encoding"
	"encoding/json"
	"errors"
	"hash"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// mediaRecord is what the bucket holds of a file, in JSON.
type mediaRecord struct {
	UID      string            `json:"uid"`
	Session  string            `json:"session"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Size     int64             `json:"size"`
	Offset   int64             `json:"offset"`
	Expected []byte            `json:"expected,omitempty"` // the SHA-256 that the content must have
	Created  time.Time         `json:"created"`
	Touched  time.Time         `json:"touched"`
	Type     string            `json:"type,omitempty"`

	// Parts are the stream sequences of the parts. Each has partBytes bytes but the
	// last, which ends at Offset.
	Parts []uint64 `json:"parts"`

	// Sums are the SHA-256 of each core.MediaDigestBytes, one behind the other; files of
	// older gateways have none.
	Sums []byte `json:"digests,omitempty"`

	// Hash is the state of the SHA-256 of the first Offset bytes while the upload
	// is unfinished; then Digest is set instead.
	Hash   []byte `json:"hash,omitempty"`
	Digest []byte `json:"digest,omitempty"`
}

// sumsBytes is the length of the digests of a file's first size bytes.
func sumsBytes(size int64) int {
	return int((size + core.MediaDigestBytes - 1) / core.MediaDigestBytes * sha256.Size)
}

var errBadRecord = errors.New("natsengine: a media record that cannot be right")

// decodeRecord checks what the rest relies on.
func decodeRecord(data []byte) (*mediaRecord, error) {
	r := &mediaRecord{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, errors.Join(errBadRecord, err)
	}
	switch {
	case r.Size < 1 || r.Size > core.MaxMediaBytes || r.Offset < 0 || r.Offset > r.Size,
		int64(len(r.Parts)) != (r.Offset+partBytes-1)/partBytes,
		len(r.Expected) != 0 && len(r.Expected) != sha256.Size,
		len(r.Sums) != 0 && len(r.Sums) != sumsBytes(r.Offset),
		r.finished() && len(r.Digest) != sha256.Size:
		return nil, errBadRecord
	}
	if _, err := r.hash(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *mediaRecord) encode() []byte {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // no field can fail
	}
	return data
}

func (r *mediaRecord) finished() bool { return r.Offset == r.Size }

// hash returns the SHA-256 of the bytes so far, to go on with; nil for a finished file.
func (r *mediaRecord) hash() (hash.Hash, error) {
	if r.finished() {
		return nil, nil
	}
	h := sha256.New()
	if r.Offset == 0 {
		return h, nil
	}
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(r.Hash); err != nil {
		return nil, errors.Join(errBadRecord, err)
	}
	return h, nil
}

func hashState(h hash.Hash) []byte {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err) // SHA-256 always can
	}
	return state
}

// partLength returns how many bytes part n has.
func (r *mediaRecord) partLength(n int) int {
	return int(min(partBytes, r.Offset-int64(n)*partBytes))
}

func (r *mediaRecord) info(app, key string, maxAge time.Duration) media.Info {
	info := media.Info{
		Ref:      media.Ref{App: app, Key: key, Session: r.Session},
		UID:      r.UID,
		Metadata: r.Metadata,
		Expected: r.Expected,
		Size:     r.Size,
		Offset:   r.Offset,
		Created:  r.Created,
		Touched:  r.Touched,
		Expires:  r.Created.Add(maxAge), // no part is older
		Type:     r.Type,
		Sums:     r.Sums,
	}
	copy(info.Digest[:], r.Digest)
	return info
}
