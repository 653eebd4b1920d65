// Package gateway is the server of rtm-wasm, an http.Handler: it takes the sockets of clients that speak the
// protocol of core/wire, whose sessions package session keeps, and serves media, the SDK's files and a demo.
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
// This package has the HTTP side: addresses, limits of connections and bodies, origins, readiness, and the
// wiring. Package session has the sessions, which get each socket as a Conn from package socket; package
// media has uploads and downloads. What gateways share is a session.Engine, such as package natsengine's.
package gateway
