package rest

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"rtmwasm/core"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/token"
)

// caller is who makes a call.
type caller struct {
	key string // the id of a Key; "" for a user with a token
	uid string // user id of the token
}

// String returns the caller's name in the log.
func (c caller) String() string {
	switch {
	case c.key != "":
		return "key " + c.key
	case c.uid != "":
		return "user " + c.uid
	}
	return "nobody"
}

// credentials are all credentials of a request. Callers send several forms at once, and some of
// them may be broken. One valid credential is enough.
type credentials struct {
	basic  []string // ID:SECRET
	tokens []string
	uid    string // of the header x-agora-uid
}

// credentialsOf reads "Authorization: Basic …", "Authorization: agora token=…", and
// x-agora-token with x-agora-uid.
func credentialsOf(h http.Header) (c credentials) {
	for _, value := range h.Values("Authorization") {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
		switch strings.ToLower(scheme) {
		case "basic":
			if pair, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest)); err == nil {
				c.basic = append(c.basic, string(pair))
			}
		case "agora":
			name, text, found := strings.Cut(rest, "=")
			if found && strings.EqualFold(strings.TrimSpace(name), "token") {
				c.tokens = append(c.tokens, bare(text))
			}
		}
	}
	c.tokens = append(c.tokens, bare(h.Get("x-agora-token")))
	c.tokens = slices.DeleteFunc(c.tokens, func(text string) bool { return text == "" })
	c.uid = h.Get("x-agora-uid")
	return c
}

// bare returns a value without surrounding white space, and without one pair of quotes.
func bare(text string) string {
	text = strings.TrimSpace(text)
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
		text = strings.TrimSpace(text[1 : n-1])
	}
	return text
}

// authenticate returns who makes a call for an app. as is the user id in the path, in whose name
// the call is made, or "" if the path has no user. If no credential allows the call, ok is false,
// and why is the reason for the log. Callers do not get it, because they must not learn whether the
// app exists.
func (h *Handler) authenticate(r *http.Request, app, as string) (c caller, why string, ok bool) {
	given := credentialsOf(r.Header)
	if !core.ValidAppID(app) || !h.config.Apps.Serves(app) {
		return caller{}, "the gateway does not serve the app id", false
	}
	for _, pair := range given.basic {
		if id := h.keys.find(pair, app); id != "" {
			return caller{key: id}, "", true
		}
	}
	why = "no credentials"
	if len(given.basic) > 0 {
		why = "no key has this ID and secret for this app"
	}
	for _, text := range given.tokens {
		uid, reason := h.userOf(r, app, as, text, given.uid)
		if reason == "" {
			return caller{uid: uid}, "", true
		}
		why = reason
	}
	return caller{}, why, false
}

// userOf returns the user of a token, or why the token is not valid for this call.
func (h *Handler) userOf(r *http.Request, app, as, text, named string) (uid, why string) {
	uid = named
	switch said, found := token.UserID(text); {
	case uid == "" && found:
		uid = said
	case uid == "":
		uid = as // a token 006 does not contain its user id: only its signature depends on it
	}
	switch {
	case !validID(uid):
		return "", "a token without the user id that it is for"
	case as != "" && uid != as:
		return "", "the token is for another user than the path names"
	}
	login := session.Login{User: id.User{App: app, ID: uid}}
	if _, refusal := h.config.Apps.Authorize(r.Context(), login); refusal == nil { // then the app does not check tokens
		return "", "the app lets users in without tokens: a token proves nothing"
	}
	login.Token = text
	if _, refusal := h.config.Apps.Authorize(r.Context(), login); refusal != nil {
		return "", refusal.Text
	}
	return uid, ""
}

// validID is core.ValidID, but also accepts an apostrophe, as the vendor's REST API does.
func validID(id string) bool { return core.ValidID(strings.ReplaceAll(id, "'", "_")) }
