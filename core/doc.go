// Package core is the meaning of the SDK: messages and their limits, the session
// with its gateway, channels, and the transfer of media.
//
// It does no input or output of its own. What it needs from its surroundings
// it states as small interfaces (ports.go): a socket, HTTP requests with Blob
// bodies, a timer. Package jsbridge provides them in a browser, package native in
// a Go program, package coretest in memory.
//
// A Client is not safe for concurrent use: its host calls it from one place at
// a time, callbacks included. It never blocks. A method that asks the gateway
// something takes a function that is called once with the outcome; events go
// to the Events given at creation, in the order in which they happened and
// never before the client's own state agrees with them. An event may call the
// client again; a completion function that wants to (to log in anew, say) does so
// later, for it may run while a session is being taken down.
package core

//go:generate go run ./internal/gencodes
