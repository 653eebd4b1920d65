// Package gateway is the server of rtm-wasm: it keeps the sessions of clients that
// speak the protocol of core/wire, brings messages to peers and channels, and serves
// media, the SDK's files and a demo.
//
//	engine, err := natsengine.Open(ctx, natsengine.Options{Dir: "data"})
//	server, err := gateway.New(gateway.Config{Engine: engine, MediaStore: store})
//	web := server.HTTPServer()
//	web.Addr = ":8080"
//	err = web.ListenAndServe()
//
// Any number of servers may share an engine; together they are one service.
//
// # How it is put together
//
// A link is one WebSocket: a goroutine that reads, a bounded queue with another one while there
// is something to write, pings. A session is one login. It outlives its link by a while, keeps
// what the client has not acknowledged, and does the client's requests one at a time, in their
// order. It ends through session.end, whatever the reason. Package channel has the
// channels that sessions here are in.
//
// Locks are taken in the order channel, session, link. None is held while calling the
// engine.
package gateway
