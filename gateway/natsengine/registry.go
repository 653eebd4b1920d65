package natsengine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

var _ session.Registry = (*Engine)(nil)

// owned is the part of an entry that sweeps read: the gateway that it belongs to.
type owned struct {
	Gateway string `json:"gateway"`
}

// sessionEntry is the value of a user's key in the sessions bucket.
type sessionEntry struct {
	owned
	Session string `json:"session"`
	Secret  []byte `json:"secret"`         // SHA-256
	Resumed []byte `json:"heir,omitempty"` // ResumeCredentialHash; absent after a login
	Lineage string `json:"line"`
	Away    bool   `json:"away,omitempty"` // the user is Unreachable
}

// Claim implements session.Registry. The key's revision orders concurrent claims: the later one
// replaces the earlier one.
func (e *Engine) Claim(ctx context.Context, user id.User, next func(*session.Record) (session.Record, error)) (*session.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	for {
		former, refused, err := e.claimOnce(ctx, userKey(user), next)
		switch {
		case isConflict(err):
			continue
		case err != nil:
			return nil, fmt.Errorf("natsengine: claim a session: %w", err)
		}
		return former, refused
	}
}

func (e *Engine) claimOnce(ctx context.Context, key string, next func(*session.Record) (session.Record, error)) (former *session.Record, refused, err error) {
	record, revision, err := e.session(ctx, key)
	switch {
	case err == nil:
		former = &record
	case !errors.Is(err, session.ErrNoSession):
		return nil, nil, err
	}
	claimed, refused := next(former)
	if refused != nil {
		return nil, refused, nil
	}
	value, err := encodeSession(claimed)
	if err != nil {
		return nil, nil, err
	}
	if former == nil {
		_, err = e.sessions.Create(ctx, key, value)
	} else {
		_, err = e.sessions.Update(ctx, key, value, revision)
	}
	if err == nil && former != nil && former.LineageID == claimed.LineageID && former.Gateway != claimed.Gateway {
		e.takeAttributes(ctx, key, claimed)
	}
	return former, nil, err
}

func encodeSession(r session.Record) ([]byte, error) {
	entry := sessionEntry{owned: owned{r.Gateway}, Session: r.Session, Lineage: r.LineageID, Secret: r.Secret[:]}
	if r.ResumeCredentialHash != [sha256.Size]byte{} {
		entry.Resumed = r.ResumeCredentialHash[:]
	}
	return json.Marshal(entry)
}

// Lookup implements session.Registry.
func (e *Engine) Lookup(ctx context.Context, user id.User) (session.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	record, _, err := e.session(ctx, userKey(user))
	if err != nil && !errors.Is(err, session.ErrNoSession) {
		err = fmt.Errorf("natsengine: look a session up: %w", err)
	}
	return record, err
}

// Release implements session.Registry.
func (e *Engine) Release(ctx context.Context, user id.User, ended session.Record) (instead *session.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	key := userKey(user)
	instead, err = e.releaseKey(ctx, key, ended)
	if err == nil && (instead == nil || instead.LineageID != ended.LineageID) { // else the next session has the attributes
		err = e.removeUserAttributes(ctx, key, ended.LineageID)
	}
	if err != nil {
		return nil, fmt.Errorf("natsengine: release a session: %w", err)
	}
	return instead, nil
}

// releaseKey removes a user's key if it is that of the ended session. Else it returns the other
// session.
func (e *Engine) releaseKey(ctx context.Context, key string, ended session.Record) (instead *session.Record, err error) {
	for {
		record, revision, err := e.session(ctx, key)
		switch {
		case errors.Is(err, session.ErrNoSession):
			return nil, nil
		case err != nil:
			return nil, err
		case record.Session != ended.Session:
			return &record, nil
		}
		err = e.sessions.Purge(ctx, key, jetstream.LastRevision(revision), jetstream.PurgeTTL(markerLife))
		if !isConflict(err) {
			return nil, err
		}
	}
}

func (e *Engine) session(ctx context.Context, key string) (session.Record, uint64, error) {
	entry, err := e.sessions.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return session.Record{}, 0, session.ErrNoSession
	}
	if err != nil {
		return session.Record{}, 0, err
	}
	record, err := decodeSession(entry.Value())
	return record, entry.Revision(), err
}

// decodeSession decodes an entry. It refuses a hash of the wrong length.
func decodeSession(value []byte) (session.Record, error) {
	var v sessionEntry
	err := json.Unmarshal(value, &v)
	if err == nil && (len(v.Secret) != sha256.Size || len(v.Resumed) != 0 && len(v.Resumed) != sha256.Size) {
		err = errors.New("no hash where one must be")
	}
	if err != nil {
		return session.Record{}, fmt.Errorf("entry of a session: %w", err)
	}
	record := session.Record{Session: v.Session, Gateway: v.Gateway, LineageID: cmp.Or(v.Lineage, v.Session)}
	copy(record.Secret[:], v.Secret)
	copy(record.ResumeCredentialHash[:], v.Resumed)
	return record, nil
}
