// Package native provides the core's ports to Go programs, with coder/websocket and
// net/http: the same client as in a page, for bots, tests and load.
//
// A Host serialises everything that happens to the clients made on it. Calls to a
// client are made inside Host.Do:
//
//	h := native.NewHost()
//	c := core.New(appID, "http://127.0.0.1:8080", h, events)
//	h.Do(func() { c.Login("bot", "", func(err *core.Error) { … }) })
//
// Events and completion functions run inside Do too, so they may call the client
// directly, and must not block. From other goroutines Await and Done wait for a call's
// result. A client comes back by itself after a break, as in a page; Logout ends it.
package native
