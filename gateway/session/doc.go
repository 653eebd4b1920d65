// Package session has the sessions of one gateway: logins, what their clients ask, and what is on its way to
// them. Package gateway makes them and hands each socket to Sessions.Serve; how frames travel over a socket
// is the business of a Conn, and what gateways share that of an Engine.
//
// A session is one login. It outlives its socket by a while, keeps what the client has not acknowledged, and
// does the client's requests one at a time, in their order. It ends through session.end, whatever the
// reason. A link is one socket of a session: who calls Serve reads, a bounded queue has a goroutine while
// there is something to write, and timers send pings. Package channel has the channels that sessions are in,
// package presence the users whom they follow, and package mailbox what waits for users who are away.
//
// Locks are taken in the order channel, session, link. None is held while calling the engine.
package session
