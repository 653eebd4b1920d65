package session

import (
	"context"
	"sync"
	"time"

	"rtmwasm/core/wire"
)

// Ban is a user who may not log in until a time.
type Ban struct {
	User   User
	Until  time.Time // whole seconds
	Reason string    // for operators; the user is not told
	Made   time.Time
}

// Bans stores the bans that all gateways share.
type Bans interface {
	// FollowBans calls changed for each present ban, and then returns. From then on it calls
	// changed for each new ban. A zero Until means that the ban was lifted. changed must not block.
	FollowBans(ctx context.Context, changed func(Ban)) (stop func(), err error)
}

// bans are the bans that a gateway knows.
type bans struct {
	mu    sync.Mutex // guards until
	until map[User]time.Time
}

// put stores a change, and reports whether the user is banned now.
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

// refuse returns why a user may not log in, or nil.
func (b *bans) refuse(user User) *wire.Refusal {
	b.mu.Lock()
	defer b.mu.Unlock()
	until, banned := b.until[user]
	if !banned || !time.Now().Before(until) {
		return nil
	}
	return newRefusal(wire.Refusal_BANNED, "the user is banned until "+until.UTC().Format(time.RFC3339))
}

// Reasons why operators end sessions. The client treats both alike: it stays away until its
// application logs in again. (API 8.1)
var (
	banned = closeReason{wire.CloseBanned, "the user is banned"}
	kicked = closeReason{wire.CloseBanned, "an operator ended the session"}
)

// banChanged stores a ban and ends the user's session. A login that has begun is either refused by
// add, or found here.
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
