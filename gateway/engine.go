package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/presence"
)

// User is a user of an app. Users of different apps never meet.
type User = id.User

// Room is a channel of an app.
type Room struct {
	App     string // app id
	Channel string // channel id, any that core.ValidID allows
}

// Engine is what gateways share: all gateways on one engine act as one service.
// Frames are marshalled wire.ServerFrames without seq; the engine does not look
// inside. Methods that take a context also give up by themselves after seconds.
type Engine interface {
	Bus
	Registry
	presence.Directory
	Membership
	Attributes
	Mailbox

	// RegisterGateway makes this gateway count as alive until ctx ends. When it fails to
	// renew that in time, the others remove its sessions and members, and lapsed is
	// called: the sessions that it still has are void. returned is called after the engine
	// could not be reached for a while: kicks may have been missed.
	RegisterGateway(ctx context.Context, gateway string, lapsed, returned func()) error
}

// Bus carries frames between gateways. It keeps the order of frames from one
// gateway to one user or room.
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

	// ListenRoom calls h for each frame to room; as with ListenPeer. Frames sent while the
	// engine's connection was lost come later, beside some that came before.
	ListenRoom(room Room, h func(frame []byte)) (stop func(), err error)

	// PublishRoom sends a frame to all who listen to room. done is called once, from any
	// goroutine: when the frame is kept for those who come back later, or with the error
	// that prevented it. It may reach listeners twice.
	PublishRoom(room Room, frame []byte, done func(error)) error

	// RecentRoom returns the frames that were sent to room from since on, as far as they
	// are kept: those of the last 30 s, the latest 32. (API 6.5)
	RecentRoom(ctx context.Context, room Room, since time.Time) ([][]byte, error)

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
	Moved               // the session goes on at another gateway: the frame is to be sent again
)

// Eviction tells a gateway to end one of its sessions.
type Eviction struct {
	Session string // its id

	// Moved says that the client came to another gateway, where a session of the same lineage
	// is in this one's place: other users are not told. LastSeq is the highest push that the
	// client handled, 0 if that is not known.
	Moved   bool
	LastSeq uint64
}

// Errors of a Registry.
var (
	// ErrTaken means that the user is logged in and may not be displaced.
	ErrTaken = errors.New("gateway: another session of the user lives")

	// ErrNoSession means that the user is not logged in.
	ErrNoSession = errors.New("gateway: no such session")
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

	// Release removes the user's session if it is still record's.
	Release(ctx context.Context, user User, record Record) error
}

// Errors of Mailbox.AppendMail.
var (
	// ErrStorageFull means that a disk is too full.
	ErrStorageFull = errors.New("gateway: the disk is too full for offline messages")

	// ErrUserQuota and ErrAppQuota mean that the sender, or all users of an app together, have
	// left as many messages as they may.
	ErrUserQuota = errors.New("gateway: the user's quota of offline messages is used up")
	ErrAppQuota  = errors.New("gateway: the app's quota of offline messages is used up")
)

// Mailbox stores frames for users who are not online: the latest 200 for each user, for
// seven days. (API 6.5)
type Mailbox interface {
	// AppendMail adds a frame to user's mailbox. The sender is the user from of the same
	// app; "" is the app's backend, to which the quota of a user does not apply. done is
	// called once, from any goroutine, when the frame is stored, or with the error that
	// prevented it: ErrUserQuota and ErrAppQuota are among them. AppendMail itself returns
	// ErrStorageFull.
	AppendMail(user User, from string, frame []byte, done func(error)) error

	// NotifyMail has notified called of the user's listener, if there is one: see
	// Bus.ListenPeer.
	NotifyMail(user User) error

	// ReadMail returns the frames behind a position, oldest first, most of them at most.
	ReadMail(ctx context.Context, user User, after uint64, most int) ([]Mail, error)

	// TruncateMail removes all frames up to a position.
	TruncateMail(ctx context.Context, user User, upTo uint64) error
}

// Mail is a frame in a user's mailbox.
type Mail struct {
	Position uint64 // rises within a user's mailbox
	Frame    []byte
}

// Member is a session in a room. A room has one member per user.
type Member struct {
	Room    Room
	UID     string
	Session string // its id
	Line    string // the LineageID of its Record
	Gateway string // where it lives
	Entry   uint64 // tells one joining of a session at its gateway from its next
}

// MemberEvent is a change of who is in a room.
type MemberEvent struct {
	Member      // of one that is gone only Room and UID are known
	Gone   bool // false: came, or took the place of what the user's member was

	// Revision is the change's place among all.
	Revision uint64
}

// Membership knows who is in which room. All gateways see the same changes of a room
// in the same order.
type Membership interface {
	// WatchMembers calls apply for all present members, returns, and goes on to call
	// it for each change, one at a time, until ctx ends. After the engine could not be reached
	// for a while, those who left meanwhile may be missing: see PresentMembers.
	WatchMembers(ctx context.Context, apply func(MemberEvent)) error

	// PresentMembers lists all members; present tells whether a user is in the list. Changes
	// later than revision upTo may be missing. A member who enters again during the call may be
	// missing too: IsMember is exact. It may take a minute.
	PresentMembers(ctx context.Context) (present func(Room, string) bool, upTo uint64, err error)

	// IsMember reports whether a user is a member of a room now.
	IsMember(ctx context.Context, room Room, uid string) (bool, error)

	// Enter adds a member and returns the change's revision. The watchers may learn of it
	// before Enter returns, or late.
	Enter(ctx context.Context, m Member) (revision uint64, err error)

	// Exit removes a member if it is still of the same session, gateway and entry.
	Exit(ctx context.Context, m Member) error
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
	ChannelAttributes(ctx context.Context, room Room) ([]byte, error)

	// ChangeChannelAttributes returns the number of the change, higher than that of any
	// earlier one of the channel.
	ChangeChannelAttributes(ctx context.Context, room Room, change func([]byte) ([]byte, error)) (revision uint64, err error)
}
