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
	uid string // of the token
}

// String is what the log says of a caller.
func (c caller) String() string {
	switch {
	case c.key != "":
		return "key " + c.key
	case c.uid != "":
		return "user " + c.uid
	}
	return "nobody"
}

// credentials are what a request brings. Callers send several forms at once, some of them
// broken: one that is valid is enough.
type credentials struct {
	basic  []string // ID:SECRET
	tokens []string
	uid    string // of the header x-agora-uid
}

// credentialsOf reads all forms: "Authorization: Basic …", "Authorization: agora token=…", and
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

// bare is a value without white space around it, and without one pair of quotes.
func bare(text string) string {
	text = strings.TrimSpace(text)
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
		text = strings.TrimSpace(text[1 : n-1])
	}
	return text
}

// authenticate tells who makes a call for an app. as is the user of the path, in whose name the
// call is made; "" at endpoints without one. ok is false where nothing that was given allows the
// call; why is for the log alone, since a caller must not learn whether the app exists.
func (h *Handler) authenticate(r *http.Request, app, as string) (c caller, why string, ok bool) {
	given := credentialsOf(r.Header)
	if !core.ValidAppID(app) || !h.config.Apps.Serves(app) {
		return caller{}, "the app id is not served here", false
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

// userOf returns the user that a token is for, or why it is not valid here.
func (h *Handler) userOf(r *http.Request, app, as, text, named string) (uid, why string) {
	uid = named
	switch said, found := token.UserID(text); {
	case uid == "" && found:
		uid = said
	case uid == "":
		uid = as // a token 006 does not say whose it is: that is part of its signature
	}
	switch {
	case !validID(uid):
		return "", "a token without the user id that it is for"
	case as != "" && uid != as:
		return "", "the token is for another user than the path names"
	}
	login := session.Login{User: id.User{App: app, ID: uid}}
	if _, refusal := h.config.Apps.Authorize(r.Context(), login); refusal == nil { // so it checks no tokens
		return "", "the app lets users in without tokens: a token proves nothing"
	}
	login.Token = text
	if _, refusal := h.config.Apps.Authorize(r.Context(), login); refusal != nil {
		return "", refusal.Text
	}
	return uid, ""
}

// validID is core.ValidID, and lets an apostrophe pass, which the vendor's REST API allows.
func validID(id string) bool { return core.ValidID(strings.ReplaceAll(id, "'", "_")) }
