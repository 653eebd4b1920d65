// Package id has the names of users and channels of an app. The packages below gateway share them,
// so that none of them depends on another one for these types.
package id

// User is a user of an app. Users of different apps cannot reach each other.
type User struct {
	App string // app id
	ID  string // user id, any that core.ValidID allows
}

// Channel is a channel of an app. Channels of different apps are separate.
type Channel struct {
	App     string // app id
	Channel string // channel id, any that core.ValidID allows
}
