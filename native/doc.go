// Package native is the SDK's client for Go programs, such as bots, tests and load tools:
// the same core as in a page, over coder/websocket and net/http.
//
// Make one Host, and on it any number of clients. The Host runs their code one call at a
// time. Call methods of a client inside Host.Do:
//
//	h := native.NewHost()
//	c := core.New(appID, "http://127.0.0.1:8080", h, events)
//	h.Do(func() { c.Login("bot", "", func(err *core.Error) { … }) })
//
// Events and completion functions run inside Do too. So they may call the client directly,
// and must not block. In other goroutines, Await and Done make a call and wait for its
// result. As in a page, a client reconnects by itself after a break, until Logout.
package native
