package natsengine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway"
)

var _ gateway.Registry = (*Engine)(nil)

// owned is what the sweep reads of any entry of a session or member: whose it is.
type owned struct {
	Gateway string `json:"gateway"`
}

// sessionEntry is the value of a user's key in the sessions bucket.
type sessionEntry struct {
	owned
	Session string `json:"session"`
	Secret  []byte `json:"secret"`         // SHA-256
	Heir    []byte `json:"heir,omitempty"` // SHA-256; absent after a login
	Away    bool   `json:"away,omitempty"` // its user is Unreachable
}

// Claim implements gateway.Registry. The key's revision decides between concurrent
// claims: who comes second displaces the first.
func (e *Engine) Claim(ctx context.Context, user gateway.User, record gateway.Record, may func(gateway.Record) bool) (*gateway.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	entry := sessionEntry{owned: owned{record.Gateway}, Session: record.Session, Secret: record.Secret[:]}
	if record.Heir != [sha256.Size]byte{} {
		entry.Heir = record.Heir[:]
	}
	value, err := json.Marshal(entry)
	if err != nil {
		return nil, fmt.Errorf("natsengine: encode a session: %w", err)
	}
	for {
		former, err := e.claimOnce(ctx, userKey(user), value, may)
		switch {
		case errors.Is(err, jetstream.ErrKeyRevisionMismatch), errors.Is(err, jetstream.ErrKeyExists):
			continue
		case errors.Is(err, gateway.ErrTaken):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("natsengine: claim a session: %w", err)
		}
		return former, nil
	}
}

func (e *Engine) claimOnce(ctx context.Context, key string, value []byte, may func(gateway.Record) bool) (*gateway.Record, error) {
	former, revision, err := e.session(ctx, key)
	if errors.Is(err, gateway.ErrNoSession) {
		_, err = e.sessions.Create(ctx, key, value)
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if !may(former) {
		return nil, gateway.ErrTaken
	}
	_, err = e.sessions.Update(ctx, key, value, revision)
	return &former, err
}

// Lookup implements gateway.Registry.
func (e *Engine) Lookup(ctx context.Context, user gateway.User) (gateway.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	record, _, err := e.session(ctx, userKey(user))
	if err != nil && !errors.Is(err, gateway.ErrNoSession) {
		err = fmt.Errorf("natsengine: look a session up: %w", err)
	}
	return record, err
}

// Release implements gateway.Registry.
func (e *Engine) Release(ctx context.Context, user gateway.User, session string) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	key := userKey(user)
	record, revision, err := e.session(ctx, key)
	if err == nil && record.Session == session {
		err = remove(ctx, e.sessions, key, revision)
	}
	if err == nil || errors.Is(err, gateway.ErrNoSession) {
		err = e.removeUserAttributes(ctx, key, session)
	}
	if err != nil {
		return fmt.Errorf("natsengine: release a session: %w", err)
	}
	return nil
}

func (e *Engine) session(ctx context.Context, key string) (gateway.Record, uint64, error) {
	entry, err := e.sessions.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return gateway.Record{}, 0, gateway.ErrNoSession
	}
	if err != nil {
		return gateway.Record{}, 0, err
	}
	var v sessionEntry
	if err := json.Unmarshal(entry.Value(), &v); err != nil {
		return gateway.Record{}, 0, fmt.Errorf("entry of a session: %w", err)
	}
	record := gateway.Record{Session: v.Session, Gateway: v.Gateway}
	copy(record.Secret[:], v.Secret)
	copy(record.Heir[:], v.Heir)
	return record, entry.Revision(), nil
}
