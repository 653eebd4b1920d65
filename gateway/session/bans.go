package session

import (
	"context"
	"sync"
	"time"

	"rtmwasm/core/wire"
)

// Ban keeps a user out until a time.
type Ban struct {
	User   User
	Until  time.Time // whole seconds
	Reason string    // for operators; the user is not told
	Made   time.Time
}

// Bans is what gateways share of users who may not log in.
type Bans interface {
	// FollowBans calls changed for each ban that there is, and then returns. From then on it
	// calls changed for each that is made; a zero Until means that there is none any more.
	// changed must not block.
	FollowBans(ctx context.Context, changed func(Ban)) (stop func(), err error)
}

// bans are the users whom a gateway keeps out.
type bans struct {
	mu    sync.Mutex // guards until
	until map[User]time.Time
}

// put takes a change in, and reports whether it keeps the user out now.
func (b *bans) put(ban Ban) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !time.Now().Before(ban.Until) {
		delete(b.until, ban.User)
		return false
	}
	if b.until == nil {
		b.until = map[User]time.Time{}
	}
	b.until[ban.User] = ban.Until
	return true
}

// refuse says why a user may not log in; nil for one who may.
func (b *bans) refuse(user User) *wire.Refusal {
	b.mu.Lock()
	defer b.mu.Unlock()
	until, banned := b.until[user]
	if !banned || !time.Now().Before(until) {
		return nil
	}
	return newRefusal(wire.Refusal_BANNED, "the user is banned until "+until.UTC().Format(time.RFC3339))
}

// Why operators end sessions. To the client both are the same: it stays away until its
// application logs in again. (API 8.1)
var (
	banned = closeReason{wire.CloseBanned, "the user is banned"}
	kicked = closeReason{wire.CloseBanned, "an operator ended the session"}
)

// banChanged takes a ban in and ends the user's session. A login that is under way is either
// refused by add, or found here.
func (s *Sessions) banChanged(ban Ban) {
	if !s.bans.put(ban) {
		return
	}
	for _, session := range s.all() {
		if session.user == ban.User {
			session.end(banned)
		}
	}
}
