package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/once"
	"rtmwasm/gateway/presence"
)

// User is a user of an app. Users of different apps never meet.
type User = id.User

// Engine is what gateways share: all gateways on one engine act as one service.
// Frames are marshalled wire.ServerFrames without seq; the engine does not look
// inside. Methods that take a context also give up by themselves after seconds.
type Engine interface {
	Bus
	Registry
	presence.Directory
	Attributes
	Bans
	channel.Engine
	mailbox.Store
	once.Store

	// RegisterGateway makes this gateway count as alive until ctx ends. When it fails to
	// renew that in time, the others remove its sessions and members, and lapsed is
	// called: the sessions that it still has are void. returned is called after the engine
	// could not be reached for a while: kicks may have been missed. The others take the gateway for
	// gone as soon as ctx ends, unless the cause is ErrSessionsLeft: then as if it had died.
	RegisterGateway(ctx context.Context, gateway string, lapsed, returned func()) error
}

// Bus carries frames between gateways. It keeps the order of frames from one
// gateway to one user or channel.
type Bus interface {
	// ListenPeer calls h for each frame to user; when it returns, frames sent from
	// now on arrive. h must not block. Now or later, Receipt is to be called once for each.
	// notified is called when something new is in the user's mailbox, and must not block
	// either.
	ListenPeer(user User, h func(frame []byte, receipt string), notified func()) (stop func(), err error)

	// Receipt says what became of a frame. On failure the sender's timeout says the same as
	// NotReceived.
	Receipt(receipt string, outcome Outcome)

	// AskPeer sends a frame to user. done is called once, from any goroutine, and
	// must not block: false at once when the user is not logged in, false after timeout. While
	// the user is on the way to another gateway, the frame waits for them.
	AskPeer(user User, frame []byte, timeout time.Duration, done func(received bool)) error

	// Redeliver has all gateways send again, in order, what they sent to user and what is not
	// answered yet. It is called when the user's session listens at another gateway than before.
	// Frames that had arrived at the former gateway come twice.
	Redeliver(user User) error

	// ListenEvictions calls h, in a goroutine of its own, for each session of this gateway
	// that is evicted.
	ListenEvictions(gateway string, h func(Eviction)) (stop func(), err error)

	// Evict has h of the given gateway called and waits for it to return. A gateway that is
	// gone is no error.
	Evict(ctx context.Context, gateway string, e Eviction) error
}

// Outcome is what became of a frame for a user.
type Outcome byte

// The outcomes. The zero value is the one that a sender is told after a timeout.
const (
	NotReceived Outcome = iota
	Received            // the client acknowledged it
	Moved               // the session goes on at another gateway, or may: the frame is to be sent again
)

// Eviction tells a gateway to end one of its sessions.
type Eviction struct {
	Session string // its id

	// Moved says that the client came to another gateway, where a session of the same lineage
	// is in this one's place: other users are not told. LastSeq is the highest push that the
	// client handled, 0 if that is not known.
	Moved   bool
	LastSeq uint64

	// Kicked says that an operator ends the session: the client is to stay away.
	Kicked bool
}

// ErrSessionsLeft is the cause of the end of RegisterGateway's context where sessions of the gateway
// may yet go on at other ones.
var ErrSessionsLeft = errors.New("session: sessions are left that may go on elsewhere")

// Errors of a Registry.
var (
	// ErrTaken means that the user is logged in and may not be displaced.
	ErrTaken = errors.New("session: another session of the user lives")

	// ErrNoSession means that the user is not logged in.
	ErrNoSession = errors.New("session: no such session")
)

// Record is what all gateways know about a session.
type Record struct {
	Session string            // its id
	Gateway string            // where it lives
	Secret  [sha256.Size]byte // hash of its credential's secret

	// ResumeCredentialHash is the SHA-256 of the credential that the client came back with;
	// zero after a login. The client may lose its connection before it learns of this session,
	// and come back with the same credential again.
	ResumeCredentialHash [sha256.Size]byte

	// LineageID is the id of the login's first session. The sessions that follow it, each in
	// place of the one before, have it too: other users see them as one.
	LineageID string
}

// Registry knows the one session of each user who is logged in.
type Registry interface {
	// Claim makes what next returns the user's session, and returns the one whose place it
	// took. Of concurrent claims the last one stands. next gets the former session, nil if
	// there is none, and may be called again; its error is returned as it is, and then nothing
	// was changed. Where both are of one lineage the user's attributes stay.
	Claim(ctx context.Context, user User, next func(former *Record) (Record, error)) (former *Record, err error)

	// Lookup returns ErrNoSession for a user who is not logged in.
	Lookup(ctx context.Context, user User) (Record, error)

	// Release removes the user's session if it is still record's. Else it returns the one that
	// is there instead, nil if there is none.
	Release(ctx context.Context, user User, record Record) (instead *Record, err error)
}

// Attributes keeps what users and channels say of themselves: one value each, nil for
// none, inside which the engine does not look. A change function gets the former value
// and may be called again when another writer came first; its error is returned as it
// is, and then nothing was changed.
type Attributes interface {
	// UserAttributes returns ErrNoSession for a user who is not logged in.
	UserAttributes(ctx context.Context, user User) ([]byte, error)

	// ChangeUserAttributes changes those of a user whose session is record's; they go with
	// the last session of its lineage. It returns ErrNoSession when the user's session is
	// another.
	ChangeUserAttributes(ctx context.Context, user User, record Record, change func([]byte) ([]byte, error)) error

	// ChannelAttributes returns what is kept of a channel. It is removed some minutes
	// after the last write, or after the last member left if that is later.
	ChannelAttributes(ctx context.Context, id channel.ID) ([]byte, error)

	// ChangeChannelAttributes returns the number of the change, higher than that of any
	// earlier one of the channel.
	ChangeChannelAttributes(ctx context.Context, id channel.ID, change func([]byte) ([]byte, error)) (revision uint64, err error)
}

// Info is what operators see of a session.
type Info struct {
	User    User
	Session string // its id
	Gateway string // where it lives
	State   presence.State
}
