// Package rest is the HTTP interface for the backends of applications, with the paths, fields and
// statuses of the vendor's RESTful API of RTM 1.x. A backend only needs to change the host.
//
//	POST /dev/v2/project/<app>/rtm/users/<uid>/peer_messages
//	POST /dev/v2/project/<app>/rtm/users/<uid>/channel_messages
//	GET  /dev/v2/project/<app>/rtm/vendor/user_events
//	GET  /dev/v2/project/<app>/rtm/vendor/channel_events
//	POST /dev/v2/project/<app>/rtm/message/history/query
//	GET  /dev/v2/project/<app>/rtm/message/history/query/<handle>
//	GET  /dev/v2/project/<app>/rtm/message/history/count
//
// The package also has our own control API, below /v1/apps/<app>/. With it, operators and backends
// see and change sessions, channels, bans and media. docs/openapi.yaml describes it. It needs a Key.
//
// All other calls need a Key (HTTP Basic) or a token of a user of the app, see Config.Keys.
// Every answer is JSON, also an error. It has a request_id, which is also in the log.
//
// New makes the handler. It reaches clients through a Bus, so that a backend may call any gateway
// of a cluster.
package rest
