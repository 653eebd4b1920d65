package natsengine

import (
	"encoding/base64"
	"strings"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
)

// Subjects of the bus. App ids are letters and digits and are not encoded. Ids of users and
// channels are encoded: they may have dots, wildcards and white space.
const (
	peerSubject    = "rtm.peer."
	channelSubject = "rtm.channel."
	evictSubject   = "rtm.kick."

	redeliverSubject = "rtm.reask"
)

// token encodes an id as one token of a subject or key.
func token(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

func untoken(t string) (id string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(t)
	return string(b), err == nil
}

func userKey(u id.User) string { return u.App + "." + token(u.ID) }

// parseUserKey undoes userKey.
func parseUserKey(key string) (u id.User, ok bool) {
	app, user, _ := strings.Cut(key, ".")
	uid, ok := untoken(user)
	return id.User{App: app, ID: uid}, ok && uid != ""
}

func channelKey(id channel.ID) string { return id.App + "." + token(id.Channel) }
