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
// to the Events given at creation, in the order in which they happened. The client's
// own state agrees with them. Events and these functions may call any method of the
// client (see callbacks.go).
package core

//go:generate go run ./internal/gencodes
//go:generate go run ./internal/genlimits
