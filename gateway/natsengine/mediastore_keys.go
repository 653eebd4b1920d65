package natsengine

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"rtmwasm/gateway/media"
)

// Keys of the bucket:
//
//	f.<app>.<key>            a file's record
//	t.<session>.<app>.<key>  an unfinished upload of a session; no value
//	u.<app>.<uid>.<key>.<n>  what a file takes of quotas, see usageKeys
//
// Ids are in unpadded URL-safe base64, which fits in keys and subjects.
const (
	recordKeys = "f"
	taskKeys   = "t"
)

func mediaToken(id string) string { return base64.RawURLEncoding.EncodeToString([]byte(id)) }

func recordKey(app, key string) string {
	return recordKeys + "." + mediaToken(app) + "." + key
}

func taskKey(r media.Ref) string {
	return taskKeys + "." + mediaToken(r.Session) + "." + mediaToken(r.App) + "." + r.Key
}

// taskFilter matches the task keys of a session, or of all sessions for "".
func taskFilter(session string) string {
	if session == "" {
		return taskKeys + ".>"
	}
	return taskKeys + "." + mediaToken(session) + ".>"
}

// partSubject is where part n of a file is published; n "*" matches all.
func partSubject(app, key, n string) string {
	return mediaPrefix + "." + mediaToken(app) + "." + key + "." + n
}

func partNumber(n int) string { return strconv.Itoa(n) }

// validRef says whether keys and subjects can be made: no part of them may be empty
// or contain a dot or wildcard.
func validRef(app, key string) error {
	if app == "" || !media.ValidKey(key) {
		return errors.New("natsengine: not the name of a media file")
	}
	return nil
}

// parseTaskKey is the reverse of taskKey.
func parseTaskKey(s string) (ref media.Ref, ok bool) {
	tokens := strings.Split(s, ".")
	if len(tokens) != 4 || tokens[0] != taskKeys || !media.ValidKey(tokens[3]) {
		return media.Ref{}, false
	}
	session, err1 := base64.RawURLEncoding.Strict().DecodeString(tokens[1])
	app, err2 := base64.RawURLEncoding.Strict().DecodeString(tokens[2])
	if err1 != nil || err2 != nil || len(session) == 0 || len(app) == 0 {
		return media.Ref{}, false
	}
	ref = media.Ref{Session: string(session), App: string(app), Key: tokens[3]}
	return ref, taskKey(ref) == s // base64 skips line breaks
}
