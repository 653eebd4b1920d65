package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strings"

	"rtmwasm/core"
	"rtmwasm/gateway/media"
)

// credential is a session's secret, with what is needed to find the session. Its text is
// app.uid.session.secret, with uid in base64.
type credential struct {
	user    User
	session string
	secret  string
}

// randomText returns 256 random bits.
func randomText() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func (c credential) String() string {
	return strings.Join([]string{c.user.App, base64.RawURLEncoding.EncodeToString([]byte(c.user.ID)), c.session, c.secret}, ".")
}

func parseCredential(text string) (credential, bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 4 || !core.ValidAppID(parts[0]) {
		return credential{}, false
	}
	uid, err := base64.RawURLEncoding.DecodeString(parts[1])
	c := credential{user: User{App: parts[0], ID: string(uid)}, session: parts[2], secret: parts[3]}
	return c, err == nil && core.ValidID(c.user.ID)
}

// opens reports whether the credential belongs to the session with this id and secret. It takes the
// same time for all secrets.
func (c credential) opens(session string, secret [sha256.Size]byte) bool {
	sum := sha256.Sum256([]byte(c.secret))
	return subtle.ConstantTimeCompare(sum[:], secret[:]) == 1 && c.session == session
}

// opensLineage reports whether a credential belongs to the session of a record, or is the one that
// the client came back with.
func opensLineage(text string, r Record) bool {
	c, ok := parseCredential(text)
	sum := sha256.Sum256([]byte(text))
	return ok && (c.opens(r.Session, r.Secret) || subtle.ConstantTimeCompare(sum[:], r.ResumeCredentialHash[:]) == 1)
}

// Authenticate implements media.Authenticator. A credential is valid while its session exists on
// any gateway. If the client came back with it, it is also valid for the session that continues the
// first one.
func (s *Sessions) Authenticate(ctx context.Context, text string) (media.Principal, error) {
	c, ok := parseCredential(text)
	if !ok {
		return media.Principal{}, media.ErrUnauthorized
	}
	record, err := s.engine.Lookup(ctx, c.user)
	if errors.Is(err, ErrNoSession) || err == nil && !opensLineage(text, record) {
		return media.Principal{}, media.ErrUnauthorized
	}
	if err != nil {
		return media.Principal{}, err
	}
	return media.Principal{App: c.user.App, UID: c.user.ID, SessionID: record.LineageID}, nil
}
