package core

import "time"

// Limits that both sides enforce. "API" is the behaviour of the RTM Web SDK 1.4,
// "guide" the vendor's guide to image and file messages; where they differ the
// guide wins.
const (
	// MaxMessageBytes is the most a message may weigh, inclusive: the UTF-8 text;
	// raw bytes and description; or file name, description and thumbnail. (guide:
	// 32 KB)
	MaxMessageBytes = 32768

	// Limits of attributes, in bytes and inclusive; the totals are of keys and values. An
	// empty key or value is refused. (API 10.1)
	MaxAttributes             = 32
	MaxAttributeKeyBytes      = 32
	MaxAttributeValueBytes    = 8192
	MaxUserAttributesBytes    = 16384
	MaxChannelAttributesBytes = 32768

	// MaxMediaIDBytes bounds the media id in a message, which does not count against
	// its budget. Ids made here and by the vendor have about 90 characters.
	MaxMediaIDBytes = 256

	// MaxMediaBytes is the largest upload, inclusive; an empty one is refused.
	// (guide: 30 MB; the 1.4.5 build let 32 MB pass)
	MaxMediaBytes = 30 << 20

	// MediaPartBytes is the length of the parts in which a gateway keeps a file, all but
	// the last: the largest message that a NATS server takes by default.
	MediaPartBytes = 1 << 20

	// MediaDigestBytes is the length of what each digest is of that a gateway keeps to have
	// ranges verified by, the last excepted. It divides MediaPartBytes. (browsers copy
	// what they hash, and to 1 MiB at a time Chromium gives fresh memory: half as fast)
	MediaDigestBytes = 512 << 10

	// MinMediaAppendBytes is what a request that adds to an upload should bring, unless it
	// finishes it, and MaxSmallMediaAppends how many requests of one upload may bring less: each costs
	// a gateway as much as a large one.
	MinMediaAppendBytes  = 64 << 10
	MaxSmallMediaAppends = 1000

	// MaxMediaTasks is how many uploads and downloads one client may have, running
	// or waiting. (guide)
	MaxMediaTasks = 9

	// MaxJoinedChannels is how many channels one client may be in or joining. (API)
	MaxJoinedChannels = 20

	// MaxQueriedPeers is how many users one queryPeersOnlineStatus may name. (API)
	MaxQueriedPeers = 256

	// MaxSubscribedPeers is how many users one client may be subscribed to. (API)
	MaxSubscribedPeers = 512

	// MaxCountedChannels is how many channels one getChannelMemberCount may name. (API)
	MaxCountedChannels = 32

	// MaxToldMembers is how many members a channel may have for comings and goings to be
	// told one by one; above it only the count is told. It is also the most members that
	// are listed. (API)
	MaxToldMembers = 512

	// MaxIDLength is the longest user or channel id, in characters. (API)
	MaxIDLength = 64

	// AppIDLength is the length of every app id, in characters. (API)
	AppIDLength = 32

	// MediaLifetime is how long finished media stays readable. (guide: seven days)
	MediaLifetime = 7 * 24 * time.Hour

	// MediaURLLifetime is how long a URL of media is good when nobody says how long.
	MediaURLLifetime = time.Hour

	// MaxMediaURLName bounds the file name that such a URL gives a download, in bytes of UTF-8.
	MaxMediaURLName = 255

	// MaxInvitationBytes is the most that the content of a call invitation, or the
	// response to one, may have as UTF-8. (API)
	MaxInvitationBytes = 8192

	// SendRate messages, peer and channel together, may be sent per SendRateWindow.
	// (API: 180 in a sliding window of 3 s) For the other rates see Rates.
	SendRate       = 180
	SendRateWindow = 3 * time.Second

	// LoginInterval is the least time between two login attempts. (API)
	LoginInterval = 500 * time.Millisecond
)

// MaxFrameBytes bounds one WebSocket message: the message budget, and room for ids,
// numbers and field headers.
const MaxFrameBytes = MaxMessageBytes + 4096

// Times of the API.
const (
	LoginTimeout        = 12 * time.Second
	RequestTimeout      = 10 * time.Second // message, join, member list
	ResendAfter         = 6 * time.Second  // one resend of an unanswered message
	RenewTimeout        = 20 * time.Second
	RenewResend         = 2500 * time.Millisecond
	ReconnectWait       = 9 * time.Second  // a send waiting for the connection
	ReadWait            = 10 * time.Second // a read waiting because of its rate
	MediaStallTimeout   = 120 * time.Second
	MemberCountInterval = time.Second // between two MemberCountUpdated

	BigMemberCountInterval = 3 * time.Second // the same above MaxToldMembers
)

// Times of a call invitation. (API)
const (
	InvitationDelivery = 30 * time.Second // for the OFFER to arrive
	InvitationRetry    = 2 * time.Second  // before the next attempt at that
	InvitationExpiry   = 60 * time.Second // for an answer, on both sides
	InvitationConfirm  = 5 * time.Second  // for the caller to confirm an ACCEPT
	InvitationRepeat   = time.Second      // before the next attempt at that
)

// MediaSilenceLimit is how long a media request whose bytes move may move none and get no
// answer. Then its connection is taken for dead and the request made again, well within
// MediaStallTimeout.
const MediaSilenceLimit = 20 * time.Second

// Other times after which a media request is made again. The first two grow after failures.
const (
	MediaFirstByteLimit = MediaSilenceLimit / 4 // before a byte has moved
	MediaComebackLimit  = time.Second           // the same, right after a reconnection

	// MediaUselessLimit is how long a gateway may get nothing of what the browser says it
	// sends. A proxy that stores requests first gets smaller ones then.
	MediaUselessLimit = 2 * MediaSilenceLimit
)

// Times of the connection. The gateway announces the first two in Welcome.
const (
	PingInterval   = 2500 * time.Millisecond
	SessionTimeout = 30 * time.Second // a session outlives its socket by this (API: others see MemberLeft after 30 s)

	// UnreachableAfter is how long a user who is logged in may be silent before others
	// learn that they are unreachable. (API)
	UnreachableAfter = 6 * time.Second

	// SilenceLimit is how long a client waits for a frame before it gives the socket up.
	SilenceLimit = 6 * time.Second

	// GatewaySilenceLimit is the same for a gateway. It is longer because an upload
	// that fills a slow uplink holds up the client's frames.
	GatewaySilenceLimit = 15 * time.Second
)

// What is kept for a client that is away. (API: channel messages of the last 30 s, up to
// 32; 200 offline messages per user for seven days, of more the oldest are dropped)
const (
	MaxMissedChannelMessages = 32
	MaxOfflineMessages       = 200
	OfflineLifetime          = 7 * 24 * time.Hour
	HistoryLifetime          = 7 * 24 * time.Hour // of messages with enableHistoricalMessaging, unless a gateway says otherwise

	// MissedOverlap is how far before the last message that it got from a channel a
	// client asks for those it missed: messages pass each other by less, on their way
	// over several gateways. What it had is dropped by its number.
	MissedOverlap = 5 * time.Second
)

// Op is a kind of call that has a rate of its own.
type Op int

// The kinds of calls.
const (
	OpSend         Op = iota
	OpJoin            // of any channel
	OpJoinSame        // of one channel
	OpMembers         // getMembers
	OpCounts          // getChannelMemberCount
	OpQuery           // queryPeersOnlineStatus
	OpSubscribe       // subscribePeersOnlineStatus
	OpUnsubscribe     // unsubscribePeersOnlineStatus
	OpWriteUser       // the four writes of user attributes together
	OpReadUser        // the two reads of user attributes together
	OpWriteChannel    // the four writes of channel attributes together
	OpReadChannel     // the two reads of channel attributes together
	OpRenew           // renewToken
	OpMediaURL        // getMediaUrl
	ops
)

// Rate is how many calls may be made in a sliding window.
type Rate struct {
	N      int
	Window time.Duration
}

// Rates are those of API 12, by Op. They hold per client. The client keeps to them by
// itself: reads over a rate wait, see Client.read, everything else fails. A gateway allows
// somewhat more, see gateway/rate.go.
var Rates = [ops]Rate{
	OpSend:         {SendRate, SendRateWindow},
	OpJoin:         {50, 3 * time.Second},
	OpJoinSame:     {2, 5 * time.Second},
	OpMembers:      {5, 2 * time.Second},
	OpCounts:       {1, 950 * time.Millisecond}, // API: 1 s; a page's timer of 1 s may be early
	OpQuery:        {10, 5 * time.Second},
	OpSubscribe:    {10, 5 * time.Second},
	OpUnsubscribe:  {10, 5 * time.Second},
	OpWriteUser:    {10, 5 * time.Second},
	OpReadUser:     {40, 5 * time.Second},
	OpWriteChannel: {10, 5 * time.Second},
	OpReadChannel:  {10, 5 * time.Second},
	OpRenew:        {2, time.Second},
	OpMediaURL:     {100, 5 * time.Second}, // ours: a page shows many pictures at once
}
