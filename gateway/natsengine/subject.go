package natsengine

import (
	"encoding/base64"
	"strings"

	"rtmwasm/gateway"
)

// Subjects of the bus. App ids are letters and digits and stand as they are, ids of
// users and channels are encoded: they may hold dots, wildcards and white space.
const (
	peerSubject  = "rtm.peer."
	roomSubject  = "rtm.room."
	evictSubject = "rtm.kick."

	redeliverSubject = "rtm.reask"
)

// token makes an id fit for one token of a subject or key.
func token(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

func untoken(t string) (id string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(t)
	return string(b), err == nil
}

func userKey(u gateway.User) string { return u.App + "." + token(u.ID) }

// parseUserKey undoes userKey.
func parseUserKey(key string) (u gateway.User, ok bool) {
	app, user, _ := strings.Cut(key, ".")
	id, ok := untoken(user)
	return gateway.User{App: app, ID: id}, ok && id != ""
}

func roomKey(r gateway.Room) string { return r.App + "." + token(r.Channel) }

func memberKey(r gateway.Room, uid string) string { return roomKey(r) + "." + token(uid) }

// parseMemberKey undoes memberKey.
func parseMemberKey(key string) (r gateway.Room, uid string, ok bool) {
	app, rest, _ := strings.Cut(key, ".")
	channel, user, _ := strings.Cut(rest, ".")
	id, okChannel := untoken(channel)
	uid, okUser := untoken(user)
	return gateway.Room{App: app, Channel: id}, uid, okChannel && okUser && id != "" && uid != ""
}
