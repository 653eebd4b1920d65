// Package session has the sessions of one gateway: logins, requests of clients, and what is on its
// way to them. Package gateway creates them and passes each socket to Sessions.Serve. A Conn sends
// and receives frames on a socket. An Engine stores what gateways share.
//
// A session is one login. It outlives its socket by a while. It keeps what the client has not
// acknowledged, and does the client's requests one at a time, in order. Every session ends through
// session.end. A link is one socket of a session: the caller of Serve reads from it, a goroutine
// runs only while there is something to write, and timers send pings. Package channel has the
// channels that sessions are in, package presence the users whom they follow, and package mailbox
// the messages for users who are away.
//
// Locks are taken in the order channel, session, link. No lock is held while the engine is called.
package session
