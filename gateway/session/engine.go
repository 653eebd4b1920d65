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

// User is a user of an app. Users of different apps cannot reach each other.
type User = id.User

// Engine is what gateways share: all gateways on one engine are one service. Frames are marshalled
// wire.ServerFrames without seq, which the engine does not read. Methods with a context also give
// up on their own after some seconds.
type Engine interface {
	Bus
	Registry
	presence.Directory
	Attributes
	Bans
	channel.Engine
	mailbox.Store
	once.Store

	// RegisterGateway makes this gateway count as alive until ctx ends. If the gateway fails to
	// renew that in time, other gateways remove its sessions and members, and lapsed is called: all
	// its sessions are invalid. returned is called after the engine could not be reached for a
	// while: evictions may have been missed. When ctx ends, the others consider the gateway gone at
	// once. If the cause is ErrSessionsLeft, they treat it as if it had died.
	RegisterGateway(ctx context.Context, gateway string, lapsed, returned func()) error
}

// Bus carries frames between gateways. It keeps the order of frames from one gateway to one user or
// channel.
type Bus interface {
	// ListenPeer calls h for each frame to user. When it returns, new frames arrive. h must not
	// block. For each frame, Receipt must be called once, now or later. notified is called when the
	// user's mailbox has a new message. It must not block either.
	ListenPeer(user User, h func(frame []byte, receipt string), notified func()) (stop func(), err error)

	// Receipt tells the sender the outcome of a frame. If it fails, the sender times out, which
	// means NotReceived.
	Receipt(receipt string, outcome Outcome)

	// SendToPeer sends a frame to user. done is called once, from any goroutine, and must not block.
	// It gets false at once if the user is not logged in, and false after timeout. While the user
	// moves to another gateway, the frame waits for them.
	SendToPeer(user User, frame []byte, timeout time.Duration, done func(received bool)) error

	// Redeliver asks all gateways to send again, in order, the frames to user that are not answered
	// yet. It is called when the user's session listens at another gateway than before. Frames that
	// the former gateway received come twice.
	Redeliver(user User) error

	// ListenEvictions calls h for each evicted session of this gateway, each time in a new
	// goroutine.
	ListenEvictions(gateway string, h func(Eviction)) (stop func(), err error)

	// Evict calls h at the given gateway and waits until it returns. It is no error if that gateway
	// is gone.
	Evict(ctx context.Context, gateway string, e Eviction) error
}

// Outcome is the outcome of a frame to a user.
type Outcome byte

// The outcomes. After a timeout the sender assumes the zero value.
const (
	NotReceived Outcome = iota
	Received            // the client acknowledged it
	Moved               // the session continues at another gateway, or may do so: send the frame again
)

// Eviction tells a gateway to end one of its sessions.
type Eviction struct {
	Session string // its id

	// Moved means that the client came to another gateway, where a session of the same lineage
	// replaces this one. Other users are not told. LastSeq is the highest push that the client
	// handled, 0 if unknown.
	Moved   bool
	LastSeq uint64

	// Kicked means that an operator ends the session. The client must stay away.
	Kicked bool
}

// ErrSessionsLeft is the cause with which RegisterGateway's context ends if sessions of the gateway
// may still continue at other gateways.
var ErrSessionsLeft = errors.New("session: sessions are left that may go on elsewhere")

// Errors of a Registry.
var (
	// ErrTaken means that the user is logged in and that session may not be replaced.
	ErrTaken = errors.New("session: another session of the user lives")

	// ErrNoSession means that the user is not logged in.
	ErrNoSession = errors.New("session: no such session")
)

// Record is what all gateways know about a session.
type Record struct {
	Session string            // its id
	Gateway string            // id of its gateway
	Secret  [sha256.Size]byte // hash of its credential's secret

	// ResumeCredentialHash is the SHA-256 of the credential that the client came back with; zero
	// after a login. The client may lose its connection before it learns of this session. Then it
	// comes back with the same credential again.
	ResumeCredentialHash [sha256.Size]byte

	// LineageID is the id of the login's first session. All sessions that continue it have the same
	// LineageID. Other users see them as one session.
	LineageID string
}

// Registry stores the one session of each user who is logged in.
type Registry interface {
	// Claim makes the record that next returns the user's session, and returns the record that it
	// replaced. The last of concurrent claims wins. next gets the former record, nil if there is
	// none, and may be called again. If next returns an error, nothing is changed and Claim returns
	// that error. If both records have the same LineageID, the user's attributes stay.
	Claim(ctx context.Context, user User, next func(former *Record) (Record, error)) (former *Record, err error)

	// Lookup returns ErrNoSession if the user is not logged in.
	Lookup(ctx context.Context, user User) (Record, error)

	// Release removes the user's session if it is still record's. Otherwise it returns the session
	// that replaced it, nil if there is none.
	Release(ctx context.Context, user User, record Record) (instead *Record, err error)
}

// Attributes stores the attributes of users and channels: one value each, nil if there is none. The
// engine does not read the values. A change function gets the former value. It may be called again
// if another writer was faster. If it returns an error, nothing is changed and that error is
// returned.
type Attributes interface {
	// UserAttributes returns ErrNoSession if the user is not logged in.
	UserAttributes(ctx context.Context, user User) ([]byte, error)

	// ChangeUserAttributes changes the attributes of a user whose session is record's. They are
	// removed with the last session of its lineage. It returns ErrNoSession if the user has another
	// session.
	ChangeUserAttributes(ctx context.Context, user User, record Record, change func([]byte) ([]byte, error)) error

	// ChannelAttributes returns a channel's value. It is removed some minutes after the last write,
	// or after the last member has left if that is later.
	ChannelAttributes(ctx context.Context, id channel.ID) ([]byte, error)

	// ChangeChannelAttributes returns the number of the change. It is higher than that of any
	// earlier change of the channel.
	ChangeChannelAttributes(ctx context.Context, id channel.ID, change func([]byte) ([]byte, error)) (revision uint64, err error)
}

// Info is what operators see of a session.
type Info struct {
	User    User
	Session string // its id
	Gateway string // id of its gateway
	State   presence.State
}
