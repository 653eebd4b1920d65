// Package channel has the channels that sessions of one gateway are in: the members on all
// gateways, what members are told about each other, and the messages and attributes for the members
// here.
//
// Package session is its only caller. It has one Channels, and calls Join when a session enters a
// channel, Leave when it leaves, and Detach when it continues at another gateway. A Session is what
// the package uses of a session, and an Engine stores what gateways share.
//
// A gateway knows nothing about channels without a session here. For the first session of a channel
// it subscribes to the channel, adds the session's member, and reads a snapshot that has this
// member. Then it applies the engine's changes, which have the same order on all gateways. After a
// gap it reads the snapshot again and tells members the differences. When the last session leaves,
// the subscription ends.
//
// Locks are taken in the order channel, Channels, session. No lock is held while the engine is
// called.
package channel
