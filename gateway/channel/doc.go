// Package channel owns the channels that sessions of one gateway are in: who the members are on
// all gateways, what is told of those who come and go, and the messages and attributes that are
// brought to the members here.
//
// Package gateway is its only caller. It has one Channels, and calls Join for a session that enters
// a channel, Leave when it leaves, or Detach when it goes on at another gateway. What the package
// needs of a session is Session; what gateways share is Engine.
//
// A gateway knows nothing of channels that no session here is in. With the first session of a
// channel it subscribes to the channel, adds the session's member, and reads a snapshot of all
// members that has this one. From then on it applies changes as the engine tells them, in an order
// that is the same on all gateways. After a gap it reads the snapshot again and tells the
// differences. The last session that leaves ends the subscription.
//
// Locks are taken in the order channel, Channels, session. None is held while calling the engine.
package channel
