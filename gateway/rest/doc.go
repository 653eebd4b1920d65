// Package rest is the HTTP interface for the backends of applications, with the paths, fields and
// statuses of the vendor's RESTful API of RTM 1.x. A backend moves here by changing the host.
//
//	POST /dev/v2/project/<app>/rtm/users/<uid>/peer_messages
//	POST /dev/v2/project/<app>/rtm/users/<uid>/channel_messages
//	GET  /dev/v2/project/<app>/rtm/vendor/user_events
//	GET  /dev/v2/project/<app>/rtm/vendor/channel_events
//	POST /dev/v2/project/<app>/rtm/message/history/query
//	GET  /dev/v2/project/<app>/rtm/message/history/query/<handle>
//	GET  /dev/v2/project/<app>/rtm/message/history/count
//
// Beside it is an interface of our own, below /v1/apps/<app>/, for what operators and backends see
// and change of sessions, channels, bans and media: docs/openapi.yaml describes it. Only a Key
// allows that.
//
// A call is allowed by a Key (HTTP Basic) or by a token of the app's users, see Config.Keys.
// Every answer is JSON, errors included, and has a request_id that the log has too.
//
// New makes the handler. It reaches clients through a Bus, which session.Engine satisfies, so
// that it does not matter which gateway of a cluster is called.
package rest
