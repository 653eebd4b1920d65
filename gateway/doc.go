// Package gateway is the server of rtm-wasm, an http.Handler. It accepts the sockets of clients
// that speak the protocol of core/wire, and serves media, the SDK's files and a demo. Package
// session has the clients' sessions.
//
//	engine, err := natsengine.Open(ctx, natsengine.Options{Dir: "data"})
//	server, err := gateway.New(gateway.Config{Engine: engine, MediaStore: store})
//	web := server.HTTPServer()
//	web.Addr = ":8080"
//	err = web.ListenAndServe()
//
// Any number of servers may share an engine. Together they are one service.
//
// # Structure
//
// This package has the HTTP side: addresses, limits of connections and bodies, origins, readiness,
// and how the parts are connected. Package session gets each socket as a Conn from package socket.
// Package media has uploads and downloads. A session.Engine, such as package natsengine's, stores
// what gateways share.
package gateway
