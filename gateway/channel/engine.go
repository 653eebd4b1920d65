package channel

import (
	"context"
	"time"

	"rtmwasm/gateway/id"
)

// ID names a channel of an app.
type ID = id.Channel

// Info is what operators see of a channel.
type Info struct {
	ID
	Members int
}

// Member is a session in a channel. A channel has one member per user.
type Member struct {
	Channel ID
	UID     string
	Session string // its id
	Lineage string // the same for sessions that continue each other: others see them as one
	Gateway string // id of its gateway
	Entry   uint64 // different for each join of a session at its gateway

	// Revision orders the member's join among all changes of all channels; 0 while unknown.
	Revision uint64
}

// Event is a member who came or left.
type Event struct {
	Member        // if Left is set, only Channel, UID, Gateway and Revision are valid
	Left   bool   // false: came, or replaced the user's former member
	Former uint64 // revision of the previous change of this user at this gateway; 0 for none
}

// Snapshot is the members of a channel at some time.
type Snapshot struct {
	Members []Member                               // a user who moves may be at two gateways
	Covers  func(uid string, revision uint64) bool // whether it includes a user's change of this revision
}

// Engine is what gateways share about channels. Frames are marshalled wire.ServerFrames without
// seq, which the engine does not read. Methods with a context also give up on their own after some
// seconds.
type Engine interface {
	// ListenChannel calls h for each frame to a channel. When it returns, new frames arrive. h must
	// not block. Frames that were missed while the engine's connection was lost come later,
	// together with some that came before.
	ListenChannel(channel ID, h func(frame []byte)) (stop func(), err error)

	// PublishChannel sends a frame to all who listen to a channel. done is called once, from any
	// goroutine: when the frame is stored for clients who come back later, or with the error that
	// prevented that. Listeners may get the frame twice.
	PublishChannel(channel ID, frame []byte, done func(error)) error

	// RecentFrames returns the stored frames that were sent to a channel since a time: at most the
	// latest 32, of the last 30 s. (API 6.5)
	RecentFrames(ctx context.Context, channel ID, since time.Time) ([][]byte, error)

	// FollowMembers calls apply for each new change of a channel's members, one at a time. apply
	// must not block. All gateways see the same changes in the same order. After the engine could
	// not be reached for a while, changes may be missing: see Members.
	FollowMembers(channel ID, apply func(Event)) (stop func(), err error)

	// FollowGateways calls gone when the members of a dead gateway were removed: all those up to a
	// revision. FollowMembers does not report them. gone must not block.
	FollowGateways(gone func(gateway string, upTo uint64)) (stop func(), err error)

	// FollowMemberLosses calls missed when changes of members of any channel may be lost in a way
	// that no later change shows. missed must not block.
	FollowMemberLosses(missed func()) (stop func(), err error)

	// Members returns the members of a channel, as of revision atLeast or later.
	Members(ctx context.Context, channel ID, atLeast uint64) (Snapshot, error)

	// NextRevision returns a revision that is higher than that of all changes so far.
	NextRevision(ctx context.Context) (revision uint64, err error)

	// CountMembers returns how many members a channel has, including all changes that this gateway
	// made. Above some hundreds of members, it may include members who left in the last seconds.
	CountMembers(ctx context.Context, channel ID) (int, error)

	// Enter adds a member and returns the change's revision. FollowMembers may report it before
	// Enter returns, or later.
	Enter(ctx context.Context, m Member) (revision uint64, err error)

	// Leave removes a member if it still has its Revision. If Revision is 0, it removes a member of
	// the same session and Entry, also one of an Enter that returned an error and takes effect
	// late. FollowMembers reports it even if the member was already gone.
	Leave(ctx context.Context, m Member) error
}
