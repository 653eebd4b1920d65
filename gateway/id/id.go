// Package id names what gateways address: the users and channels of an app. The packages below gateway
// share these names, so that none of them needs another one for its words.
package id

// User is a user of an app. Users of different apps never meet.
type User struct {
	App string // app id
	ID  string // user id, any that core.ValidID allows
}

// Channel is a channel of an app. Channels of different apps never meet.
type Channel struct {
	App     string // app id
	Channel string // channel id, any that core.ValidID allows
}
