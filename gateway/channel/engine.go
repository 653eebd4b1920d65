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
	Lineage string // the same for sessions that go on one in place of the other: for others they are one
	Gateway string // where it lives
	Entry   uint64 // tells one joining of a session at its gateway from its next

	// Revision is the place of the member's entering among all changes of all channels; 0 while
	// it is not known.
	Revision uint64
}

// Event tells that a member came or left.
type Event struct {
	Member        // of one who left only Channel, UID, Gateway and Revision are known
	Left   bool   // false: came, or took the place of what the user's member was
	Former uint64 // revision of the change before, of the same user at the same gateway; 0 for none
}

// Snapshot is who is in a channel at some time.
type Snapshot struct {
	Members []Member                               // a user who moves from one gateway to another may be at both
	Covers  func(uid string, revision uint64) bool // whether it has a user's change of this revision
}

// Engine is what gateways share of channels. Frames are marshalled wire.ServerFrames without
// seq; the engine does not look inside. Methods that take a context also give up by themselves
// after seconds.
type Engine interface {
	// ListenChannel calls h for each frame to a channel; when it returns, frames sent from now on
	// arrive. h must not block. Frames sent while the engine's connection was lost come later,
	// beside some that came before.
	ListenChannel(channel ID, h func(frame []byte)) (stop func(), err error)

	// PublishChannel sends a frame to all who listen to a channel. done is called once, from any
	// goroutine: when the frame is kept for those who come back later, or with the error
	// that prevented it. It may reach listeners twice.
	PublishChannel(channel ID, frame []byte, done func(error)) error

	// RecentFrames returns the frames that were sent to a channel from since on, as far as they
	// are kept: those of the last 30 s, the latest 32. (API 6.5)
	RecentFrames(ctx context.Context, channel ID, since time.Time) ([][]byte, error)

	// FollowMembers calls apply for each change of a channel's members from now on, one at a
	// time. apply must not block. All gateways see the same changes in the same order. After the
	// engine could not be reached for a while, some may be missing: see Members.
	FollowMembers(channel ID, apply func(Event)) (stop func(), err error)

	// FollowGateways calls gone when the members of a gateway that died are removed: all those of
	// up to a revision, of whom FollowMembers does not tell. gone must not block.
	FollowGateways(gone func(gateway string, upTo uint64)) (stop func(), err error)

	// FollowMemberLosses calls missed when changes of members of any channel may be lost on their
	// way, which no later one may show. missed must not block.
	FollowMemberLosses(missed func()) (stop func(), err error)

	// Members returns who is in a channel, as of revision atLeast or later.
	Members(ctx context.Context, channel ID, atLeast uint64) (Snapshot, error)

	// Fence returns a revision that is higher than that of all changes so far.
	Fence(ctx context.Context) (revision uint64, err error)

	// CountMembers tells how many members a channel has. It counts what this gateway has done
	// itself. Above some hundreds of members, those who left in the last seconds may count too.
	CountMembers(ctx context.Context, channel ID) (int, error)

	// Enter adds a member and returns the change's revision. FollowMembers may tell of it before
	// Enter returns, or late.
	Enter(ctx context.Context, m Member) (revision uint64, err error)

	// Leave removes a member if it is still the one of its Revision, or where that is 0, of the
	// same session and entry: then also one of an Enter that returned an error and takes effect
	// late. FollowMembers tells of it also when the member was gone already.
	Leave(ctx context.Context, m Member) error
}
