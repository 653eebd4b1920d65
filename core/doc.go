// Package core is the logic of the SDK: messages and their limits, the session
// with a gateway, channels, and the transfer of media.
//
// It does no input and output itself. Small interfaces (ports.go) say what it needs
// from its host: a socket, HTTP requests with Blob bodies, and timers. Package jsbridge
// implements them for a browser, package native for a Go program, and package coretest
// in memory.
//
// A Client is not safe for concurrent use: its host must make one call at a time, and
// callbacks count as calls. A Client never blocks. A method that asks the gateway takes a
// function that is called once with the outcome. Events go to the Events that New gets, in
// the order in which they happened, and the client's state agrees with them. Both may call
// any method of the client (see callbacks.go).
package core

//go:generate go run ./internal/gencodes
//go:generate go run ./internal/genlimits
