package core

import "time"

// Limits that both sides enforce. "API" is the behaviour of the RTM Web SDK 1.4,
// "guide" the vendor's guide to image and file messages; where they differ the
// guide wins.
const (
	// MaxMessageBytes is the largest size of a message, inclusive: of its UTF-8 text;
	// of raw bytes and description together; or of file name, description and thumbnail
	// together. (guide: 32 KB)
	MaxMessageBytes = 32768

	// Limits of attributes, in bytes and inclusive; the totals are of keys and values. An
	// empty key or value is refused. (API 10.1)
	MaxAttributes             = 32
	MaxAttributeKeyBytes      = 32
	MaxAttributeValueBytes    = 8192
	MaxUserAttributesBytes    = 16384
	MaxChannelAttributesBytes = 32768

	// MaxMediaIDBytes is the longest media id in a message. It does not count towards the
	// size of the message. Ids of this gateway and of the vendor have about 90 characters.
	MaxMediaIDBytes = 256

	// MaxMediaBytes is the largest upload, inclusive. An empty upload is refused.
	// (guide: 30 MB; the 1.4.5 build accepts 32 MB)
	MaxMediaBytes = 30 << 20

	// MediaPartBytes is the length of the parts of a stored file, except the last part. It is
	// the largest message that a NATS server accepts by default.
	MediaPartBytes = 1 << 20

	// MediaDigestBytes is the length of the pieces of a file that have a digest of their own,
	// except the last piece, so that clients can verify ranges. It divides MediaPartBytes.
	// (browsers copy what they hash; pieces of 1 MiB are half as fast in Chromium)
	MediaDigestBytes = 512 << 10

	// MinMediaAppendBytes is how many bytes a request that adds to an upload should have, unless
	// it finishes the upload. MaxSmallMediaAppends is how many requests of one upload may have
	// less: each costs a gateway as much as a large one.
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

	// MaxToldMembers is the largest number of members with which a channel has an event for
	// each member who joins or leaves; above it there are only counts. It is also the largest
	// number of members in a list. (API)
	MaxToldMembers = 512

	// MaxIDLength is the longest user or channel id, in characters. (API)
	MaxIDLength = 64

	// AppIDLength is the length of every app id, in characters. (API)
	AppIDLength = 32

	// MediaLifetime is how long finished media stays readable. (guide: seven days)
	MediaLifetime = 7 * 24 * time.Hour

	// MediaURLLifetime is how long a URL of media is valid by default.
	MediaURLLifetime = time.Hour

	// MaxMediaURLName is the longest file name in such a URL, in bytes of UTF-8.
	MaxMediaURLName = 255

	// MaxInvitationBytes is the largest content of a call invitation, and the largest
	// response to one, in bytes of UTF-8. (API)
	MaxInvitationBytes = 8192

	// SendRate messages, peer and channel together, may be sent per SendRateWindow.
	// (API: 180 in a sliding window of 3 s) For the other rates see Rates.
	SendRate       = 180
	SendRateWindow = 3 * time.Second

	// LoginInterval is the least time between two login attempts. (API)
	LoginInterval = 500 * time.Millisecond
)

// MaxFrameBytes is the largest WebSocket message: MaxMessageBytes, and room for ids,
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
	MemberCountInterval = time.Second // least time between two MemberCountUpdated

	BigMemberCountInterval = 3 * time.Second // the same above MaxToldMembers
)

// Times of a call invitation. (API)
const (
	InvitationDelivery = 30 * time.Second // for the OFFER to arrive
	InvitationRetry    = 2 * time.Second  // before the OFFER is sent again
	InvitationExpiry   = 60 * time.Second // for an answer, on both sides
	InvitationConfirm  = 5 * time.Second  // for the caller to confirm an ACCEPT
	InvitationRepeat   = time.Second      // before the ACCEPT is sent again
)

// MediaSilenceLimit is how long a media request that has begun to move bytes may pause without an
// answer. After that the client treats its connection as dead and repeats the request.
// It is much shorter than MediaStallTimeout.
const MediaSilenceLimit = 20 * time.Second

// Other times after which a media request is repeated. The first two grow after failures.
const (
	MediaFirstByteLimit = MediaSilenceLimit / 4 // before a byte has moved
	MediaComebackLimit  = time.Second           // the same, right after reconnecting

	// MediaUselessLimit is how long no bytes may arrive at the gateway while the browser says that
	// it sends some. Then a proxy probably stores requests first, and the client makes them smaller.
	MediaUselessLimit = 2 * MediaSilenceLimit
)

// Times of the connection. The gateway announces the first two in Welcome.
const (
	PingInterval   = 2500 * time.Millisecond
	SessionTimeout = 30 * time.Second // how long a session outlives its socket (API: others see MemberLeft after 30 s)

	// UnreachableAfter is how long the client of a user may send nothing before others see
	// the user as unreachable. (API)
	UnreachableAfter = 6 * time.Second

	// SilenceLimit is how long a client waits for a frame before it closes the socket.
	SilenceLimit = 6 * time.Second

	// GatewaySilenceLimit is the same for a gateway. It is longer, because an upload
	// on a slow network can delay the client's frames.
	GatewaySilenceLimit = 15 * time.Second
)

// Messages that a gateway stores for a client that is not connected. (API: channel messages of the
// last 30 s, at most 32; the latest 200 offline messages of a user, for seven days)
const (
	MaxMissedChannelMessages = 32
	MaxOfflineMessages       = 200
	OfflineLifetime          = 7 * 24 * time.Hour
	HistoryLifetime          = 7 * 24 * time.Hour // of messages with enableHistoricalMessaging, by default

	// MissedOverlap is how far before its last message of a channel a client asks for missed
	// messages. Messages of several gateways can overtake each other, by less than this time.
	// The client drops messages that it has already received, by their numbers.
	MissedOverlap = 5 * time.Second
)

// Op is a kind of call that has its own rate.
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

// Rate says how many calls are allowed in a sliding window.
type Rate struct {
	N      int
	Window time.Duration
}

// Rates are the rates of API 12, by Op, for each client. The client enforces them: a read over
// its rate waits, see Client.read, and every other call fails. A gateway allows
// a little more, see gateway/rate/requests.go.
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
