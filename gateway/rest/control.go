package rest

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

// The paths below ControlPrefix are our own API, not the vendor's: docs/openapi.yaml describes it.
// With it, operators and backends see and change more than messages. Only keys may call it.

// Control is what all gateways share: sessions, channels and bans. natsengine.Engine implements it.
type Control interface {
	Directory
	Bans
	session.ChannelAttributes
	ChannelAttributes(ctx context.Context, id channel.ID) ([]byte, error)

	// Evict makes a gateway end a session and waits until it has. If that gateway does not run any
	// more, it returns nil.
	Evict(ctx context.Context, gateway string, e session.Eviction) error
}

// Directory lists sessions and channels, in pages. next is the cursor of the next page, 0 at the end.
// A page may have fewer than most entries. Entries that change between two calls may be listed twice.
type Directory interface {
	// Session returns session.ErrNoSession for a user who is not logged in.
	Session(ctx context.Context, user id.User) (session.Info, error)
	Sessions(ctx context.Context, app string, after uint64, most int) (page []session.Info, next uint64, err error)
	LookUpPresence(ctx context.Context, users []id.User) ([]presence.Event, error)

	Channels(ctx context.Context, app string, after uint64, most int) (page []channel.Info, next uint64, err error)
	ChannelsOf(ctx context.Context, user id.User) ([]string, error)
	MemberPage(ctx context.Context, id channel.ID, after uint64, most int) (uids []string, next uint64, err error)
	CountMembers(ctx context.Context, id channel.ID) (int, error)
}

// Bans stores which users are banned.
type Bans interface {
	Ban(ctx context.Context, b session.Ban) error
	Unban(ctx context.Context, user id.User) error
	FindBan(ctx context.Context, user id.User) (b session.Ban, ok bool, err error)

	// Bans returns bans in the order of user ids, of the users after the id after.
	Bans(ctx context.Context, app, after string, most int) (page []session.Ban, more bool, err error)
}

// Media stores files for backends. media.Handler implements it.
type Media interface {
	Put(ctx context.Context, who media.Principal, fileName string, size int64, content io.Reader) (media.Info, error)
	Find(ctx context.Context, app, key string) (media.Info, error)
	PictureSize(ctx context.Context, app, key string) (width, height uint32, err error)
	URL(ctx context.Context, app, key string, lifetime time.Duration, download string) (string, error)
	Remove(ctx context.Context, app, key string) error
	Usage(ctx context.Context, app, uid string) (bytes, most int64, err error)
}

var _ Media = (*media.Handler)(nil)

// operation is an operation of the control API, named as in docs/openapi.yaml.
type operation struct {
	name, method, path string // the path is below ControlPrefix and the app id
	do                 func(h *Handler, r *http.Request, c *call) (any, error)
}

// The variables of paths.
const (
	userVar    = "{user_id}"
	channelVar = "{channel}"
	mediaVar   = "{media_id}"
)

// operations are all operations of the control API.
var operations = []operation{
	{"listSessions", http.MethodGet, "sessions", (*Handler).listSessions},
	{"getSession", http.MethodGet, "sessions/{user_id}", (*Handler).getSession},
	{"kickUser", http.MethodDelete, "sessions/{user_id}", (*Handler).kickUser},
	{"getPresence", http.MethodGet, "presence", (*Handler).getPresence},
	{"listChannels", http.MethodGet, "channels", (*Handler).listChannels},
	{"listMembers", http.MethodGet, "channels/{channel}/members", (*Handler).listMembers},
	{"getAttributes", http.MethodGet, "channels/{channel}/attributes", (*Handler).getAttributes},
	{"setAttributes", http.MethodPut, "channels/{channel}/attributes", (*Handler).setAttributes},
	{"updateAttributes", http.MethodPatch, "channels/{channel}/attributes", (*Handler).updateAttributes},
	{"deleteAttributes", http.MethodDelete, "channels/{channel}/attributes", (*Handler).deleteAttributes},
	{"listBans", http.MethodGet, "bans", (*Handler).listBans},
	{"getBan", http.MethodGet, "bans/{user_id}", (*Handler).getBan},
	{"banUser", http.MethodPut, "bans/{user_id}", (*Handler).banUser},
	{"liftBan", http.MethodDelete, "bans/{user_id}", (*Handler).liftBan},
	{"uploadMedia", http.MethodPost, "media", (*Handler).uploadMedia},
	{"getMedia", http.MethodGet, "media/{media_id}", (*Handler).getMedia},
	{"deleteMedia", http.MethodDelete, "media/{media_id}", (*Handler).deleteMedia},
	{"makeMediaURL", http.MethodPost, "media/{media_id}/url", (*Handler).makeMediaURL},
	{"sendMedia", http.MethodPost, "users/{user_id}/media_messages", (*Handler).sendMedia},
	{"getAppUsage", http.MethodGet, "usage", (*Handler).getAppUsage},
	{"getUserUsage", http.MethodGet, "users/{user_id}/usage", (*Handler).getUserUsage},
}

// findOperation finds the operation of an escaped path and a method. allow has the methods that the
// path accepts; it is nil for an unknown path.
func findOperation(escaped, method string) (t target, do operation, allow []string) {
	rest, found := strings.CutPrefix(escaped, ControlPrefix)
	if !found {
		return t, do, nil
	}
	segments := strings.Split(rest, "/")
	for i, s := range segments {
		var err error
		if segments[i], err = url.PathUnescape(s); err != nil {
			return t, do, nil
		}
	}
	for _, o := range operations {
		matched, ok := o.match(segments[1:])
		if !ok {
			continue
		}
		allow = append(allow, o.method)
		if o.method == method {
			t, do = matched, o
			t.app, t.method, t.endpoint = segments[0], method, o.name
		}
	}
	if do.do == nil {
		t.app = segments[0]
	}
	return t, do, allow
}

// match reports whether the path belongs to this operation, and reads its variables.
func (o operation) match(segments []string) (t target, ok bool) {
	pattern := strings.Split(o.path, "/")
	if len(pattern) != len(segments) {
		return t, false
	}
	for i, p := range pattern {
		switch p {
		case userVar:
			t.uid = segments[i]
		case channelVar:
			t.channel = segments[i]
		case mediaVar:
			t.media = segments[i]
		default:
			if p != segments[i] {
				return t, false
			}
		}
	}
	return t, true
}

// control answers a request to the control API.
func (h *Handler) control(header http.Header, r *http.Request, c *call) (any, error) {
	target, operation, allow := findOperation(r.URL.EscapedPath(), r.Method)
	c.target = target
	switch {
	case h.config.Control == nil || allow == nil:
		return nil, notFound
	case operation.do == nil:
		header.Set("Allow", strings.Join(allow, ", "))
		return nil, &failure{status: http.StatusMethodNotAllowed, code: "method_not_allowed", text: "this path takes " + strings.Join(allow, ", ")}
	}
	var ok bool
	if c.caller, c.why, ok = h.authenticate(r, c.app, c.uid); !ok || c.caller.key == "" {
		if ok {
			c.why = "a token does not allow this call"
		}
		header.Set("WWW-Authenticate", `Basic realm="rtm"`)
		return nil, keyNeeded
	}
	if !h.limits.allow(c.app, ControlCalls) {
		return nil, tooOften
	}
	if err := c.checkNames(operation.path); err != nil {
		return nil, err
	}
	return operation.do(h, r, c)
}

// checkNames checks the ids in the path.
func (c *call) checkNames(path string) error {
	if strings.Contains(path, userVar) {
		if err := checkID("the user id in the path", c.uid); err != nil {
			return err
		}
	}
	if strings.Contains(path, channelVar) {
		c.to = c.channel
		return checkID("the channel in the path", c.channel)
	}
	return nil
}

func (c *call) user() id.User { return id.User{App: c.app, ID: c.uid} }

// Bounds of the number of entries in a page.
const (
	defaultPage = 100
	maxPage     = 1000
)

// pageOf reads which page the caller asks for.
func pageOf(r *http.Request) (cursor string, most int, err error) {
	q := r.URL.Query()
	most = defaultPage
	if text := q.Get("limit"); text != "" {
		if most, err = strconv.Atoi(text); err != nil || most < 1 || most > maxPage {
			return "", 0, invalid("limit must be a number from 1 to %d", maxPage)
		}
	}
	return q.Get("cursor"), most, nil
}

// sequencePage is pageOf for a list whose cursors are numbers.
func sequencePage(r *http.Request) (after uint64, most int, err error) {
	cursor, most, err := pageOf(r)
	if err == nil && cursor != "" {
		if after, err = strconv.ParseUint(cursor, 36, 64); err != nil {
			err = badCursor
		}
	}
	return after, most, err
}

// namePage is pageOf for a list whose cursors are names.
func namePage(r *http.Request) (after string, most int, err error) {
	cursor, most, err := pageOf(r)
	if err != nil {
		return "", 0, err
	}
	name, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", 0, badCursor
	}
	return string(name), most, nil
}

var badCursor = invalid("cursor must be the next_cursor of an earlier answer")

// nameCursor returns the cursor of the page after a name.
func nameCursor(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }

// sequenceCursor returns the cursor of the next page, or "" at the end.
func sequenceCursor(next uint64) string {
	if next == 0 {
		return ""
	}
	return strconv.FormatUint(next, 36)
}

// names returns the values of a parameter that may be repeated. Each must be an id.
func names(r *http.Request, parameter string, most int) ([]string, error) {
	all := r.URL.Query()[parameter]
	if len(all) == 0 || len(all) > most {
		return nil, invalid("%s must be given 1 to %d times", parameter, most)
	}
	for _, name := range all {
		if err := checkID(parameter, name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// seconds returns a field that must be a whole number of seconds, from 1 to most. If the field is
// absent, it returns otherwise.
func (f fields) seconds(name string, most, otherwise time.Duration) (time.Duration, error) {
	n, err := f.number(name, int(otherwise/time.Second))
	if err != nil || n < 1 || n > int(most/time.Second) {
		return 0, invalid("%s must be a whole number from 1 to %d", name, int(most/time.Second))
	}
	return time.Duration(n) * time.Second, nil
}

// Failures of control calls.
var (
	keyNeeded = &failure{status: http.StatusUnauthorized, code: "unauthorized", text: "the credentials do not allow this call for this app: send a key of --rest-key by Basic"}
	notOnline = &failure{status: http.StatusNotFound, code: "not_online", text: "the user is not logged in"}
	notBanned = &failure{status: http.StatusNotFound, code: "not_banned", text: "the user is not banned"}
)

func noSession(err error) error {
	if errors.Is(err, session.ErrNoSession) {
		return notOnline
	}
	return err
}

// sorted returns a sorted list that is never null in JSON.
func sorted(all []string) []string {
	all = append([]string{}, all...)
	slices.Sort(all)
	return all
}
