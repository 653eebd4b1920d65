package natsengine

import (
	"cmp"
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
	Line    string `json:"line"`
	Away    bool   `json:"away,omitempty"` // its user is Unreachable
}

// Claim implements gateway.Registry. The key's revision decides between concurrent
// claims: who comes second displaces the first.
func (e *Engine) Claim(ctx context.Context, user gateway.User, follow func(*gateway.Record) (gateway.Record, error)) (*gateway.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	for {
		former, refused, err := e.claimOnce(ctx, userKey(user), follow)
		switch {
		case errors.Is(err, jetstream.ErrKeyRevisionMismatch), errors.Is(err, jetstream.ErrKeyExists):
			continue
		case err != nil:
			return nil, fmt.Errorf("natsengine: claim a session: %w", err)
		}
		return former, refused
	}
}

func (e *Engine) claimOnce(ctx context.Context, key string, follow func(*gateway.Record) (gateway.Record, error)) (former *gateway.Record, refused, err error) {
	record, revision, err := e.session(ctx, key)
	switch {
	case err == nil:
		former = &record
	case !errors.Is(err, gateway.ErrNoSession):
		return nil, nil, err
	}
	next, refused := follow(former)
	if refused != nil {
		return nil, refused, nil
	}
	value, err := encodeSession(next)
	if err != nil {
		return nil, nil, err
	}
	if former == nil {
		_, err = e.sessions.Create(ctx, key, value)
	} else {
		_, err = e.sessions.Update(ctx, key, value, revision)
	}
	return former, nil, err
}

func encodeSession(r gateway.Record) ([]byte, error) {
	entry := sessionEntry{owned: owned{r.Gateway}, Session: r.Session, Line: r.Line, Secret: r.Secret[:]}
	if r.Heir != [sha256.Size]byte{} {
		entry.Heir = r.Heir[:]
	}
	return json.Marshal(entry)
}

// Move implements gateway.Registry. While both gateways live nobody looks whose the
// attributes are.
func (e *Engine) Move(ctx context.Context, user gateway.User, record gateway.Record, gatewayID string) error {
	_, err := e.Claim(ctx, user, func(former *gateway.Record) (gateway.Record, error) {
		if former == nil || former.Session != record.Session || former.Gateway != record.Gateway {
			return gateway.Record{}, gateway.ErrNoSession
		}
		next := *former
		next.Gateway = gatewayID
		return next, nil
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if err := e.moveAttributes(ctx, userKey(user), record.Session, gatewayID); err != nil {
		return fmt.Errorf("natsengine: move a session: %w", err)
	}
	return nil
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
	record, err := decodeSession(entry.Value())
	return record, entry.Revision(), err
}

// decodeSession undoes encodeSession. What is no hash is refused, not filled up.
func decodeSession(value []byte) (gateway.Record, error) {
	var v sessionEntry
	err := json.Unmarshal(value, &v)
	if err == nil && (len(v.Secret) != sha256.Size || len(v.Heir) != 0 && len(v.Heir) != sha256.Size) {
		err = errors.New("no hash where one must be")
	}
	if err != nil {
		return gateway.Record{}, fmt.Errorf("entry of a session: %w", err)
	}
	record := gateway.Record{Session: v.Session, Gateway: v.Gateway, Line: cmp.Or(v.Line, v.Session)}
	copy(record.Secret[:], v.Secret)
	copy(record.Heir[:], v.Heir)
	return record, nil
}
