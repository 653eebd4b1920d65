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

// What is below ControlPrefix is our own, and described by docs/openapi.yaml: what operators
// and backends see and change beyond messages. Only keys may call it.

// Control is what the gateways share of sessions, channels and bans. A natsengine.Engine is one.
type Control interface {
	Directory
	Bans
	session.ChannelAttributes
	ChannelAttributes(ctx context.Context, id channel.ID) ([]byte, error)

	// Evict has a gateway end a session, and waits for that. A gateway that is gone is no error.
	Evict(ctx context.Context, gateway string, e session.Eviction) error
}

// Directory tells who is there. Lists come in pages: next is the cursor of the following page, 0 at
// the end. A page may have fewer than most, and what changes meanwhile may be listed twice.
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

// Bans keeps users out.
type Bans interface {
	Ban(ctx context.Context, b session.Ban) error
	Unban(ctx context.Context, user id.User) error
	FindBan(ctx context.Context, user id.User) (b session.Ban, ok bool, err error)

	// Bans returns bans by user id, those of users behind after.
	Bans(ctx context.Context, app, after string, most int) (page []session.Ban, more bool, err error)
}

// Media stores files for backends. A media.Handler is one.
type Media interface {
	Put(ctx context.Context, who media.Principal, fileName string, size int64, content io.Reader) (media.Info, error)
	Find(ctx context.Context, app, key string) (media.Info, error)
	PictureSize(ctx context.Context, app, key string) (width, height uint32, err error)
	URL(ctx context.Context, app, key string, lifetime time.Duration, download string) (string, error)
	Remove(ctx context.Context, app, key string) error
	Usage(ctx context.Context, app, uid string) (bytes, most int64, err error)
}

var _ Media = (*media.Handler)(nil)

// operation is one of the control API, named as in docs/openapi.yaml.
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

// operations are all of the control API.
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

// findOperation finds what an escaped path and a method name. allow are the methods that the path
// takes: nil for an unknown path.
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

// match reports whether the path is this operation's, and reads its variables.
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

// control answers a request of the control API, or says why not.
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
			c.why = "a token is not enough here"
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

// checkNames holds the ids in the path against their rules.
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

// pageOf reads which page is asked for.
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

// sequencePage reads which page is asked for of a list whose cursors are numbers.
func sequencePage(r *http.Request) (after uint64, most int, err error) {
	cursor, most, err := pageOf(r)
	if err == nil && cursor != "" {
		if after, err = strconv.ParseUint(cursor, 36, 64); err != nil {
			err = badCursor
		}
	}
	return after, most, err
}

// namePage reads which page is asked for of a list whose cursors are names.
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

// nameCursor asks for what is behind a name.
func nameCursor(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }

// sequenceCursor is what callers get to ask for the next page; "" at the end.
func sequenceCursor(next uint64) string {
	if next == 0 {
		return ""
	}
	return strconv.FormatUint(next, 36)
}

// names are the values of a parameter that may be repeated; each must be an id.
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

// seconds is a field that must be a whole number of seconds from 1 up; absent means otherwise.
func (f fields) seconds(name string, most, otherwise time.Duration) (time.Duration, error) {
	n, err := f.number(name, int(otherwise/time.Second))
	if err != nil || n < 1 || n > int(most/time.Second) {
		return 0, invalid("%s must be a whole number from 1 to %d", name, int(most/time.Second))
	}
	return time.Duration(n) * time.Second, nil
}

// Failures of control calls.
var (
	keyNeeded = &failure{status: http.StatusUnauthorized, code: "unauthorized", text: "nothing that was sent allows this call for this app: send a key of --rest-key by Basic"}
	notOnline = &failure{status: http.StatusNotFound, code: "not_online", text: "the user is not logged in"}
	notBanned = &failure{status: http.StatusNotFound, code: "not_banned", text: "the user is not banned"}
)

func noSession(err error) error {
	if errors.Is(err, session.ErrNoSession) {
		return notOnline
	}
	return err
}

// sorted is a list that is never null in JSON.
func sorted(all []string) []string {
	all = append([]string{}, all...)
	slices.Sort(all)
	return all
}
