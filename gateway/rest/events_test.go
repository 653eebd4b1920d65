package rest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/gateway/event"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/token"
)

// queue has events that are taken.
type queue struct {
	users, channels []event.Event
	most            int
	err             error
}

func (q *queue) TakeUserEvents(_ context.Context, _ string, most int) (events []event.Event, err error) {
	events, q.users, q.most = q.users, nil, most
	return events, q.err
}

func (q *queue) TakeChannelEvents(_ context.Context, _ string, most int) (events []event.Event, err error) {
	events, q.channels, q.most = q.channels, nil, most
	return events, q.err
}

const (
	userEvents    = "/rtm/vendor/user_events"
	channelEvents = "/rtm/vendor/channel_events"
)

func (h *house) get(path string, header ...string) answer {
	h.t.Helper()
	return h.call(http.MethodGet, base+path, "", append([]string{"Authorization", basic(key, secret)}, header...)...)
}

// Each event has both spellings of its fields.
func TestEvents(t *testing.T) {
	at := time.UnixMilli(1700000000123)
	ada := id.User{App: app, ID: "ada"}
	q := &queue{
		users:    []event.Event{{Kind: event.LoggedIn, User: ada, At: at}, {Kind: event.LoggedOut, User: ada, At: at}},
		channels: []event.Event{{Kind: event.Joined, User: ada, Channel: "hall", At: at}, {Kind: event.Left, User: ada, Channel: "hall", At: at}},
	}
	h := newHouse(t, func(c *rest.Config) { c.Events = q })
	const ms = 1700000000123.
	got := h.get(userEvents)
	assert.Equal(t, 200, got.status)
	assert.Equal(t, []any{
		map[string]any{"user_id": "ada", "type": "Login", "ms": ms, "ts": ms},
		map[string]any{"user_id": "ada", "type": "Logout", "ms": ms, "ts": ms},
	}, got.fields["events"])
	assert.Equal(t, 1000, q.most)
	got = h.get(channelEvents)
	assert.Equal(t, []any{
		map[string]any{"group_id": "hall", "channel_id": "hall", "user_id": "ada", "type": "Join", "ms": ms, "ts": ms},
		map[string]any{"group_id": "hall", "channel_id": "hall", "user_id": "ada", "type": "Leave", "ms": ms, "ts": ms},
	}, got.fields["events"])
	assert.Equal(t, 1000, q.most)
	for _, path := range []string{userEvents, channelEvents, "/rtm/hook/channel_events"} {
		assert.Equal(t, []any{}, h.get(path).fields["events"], "a list, though empty")
	}
	q.err = assert.AnError
	assert.Equal(t, 500, h.get(userEvents).status)
	assert.Equal(t, 405, h.post(userEvents, "").status)
}

// Events that were taken reach the caller, though others could not be read.
func TestEventsBesideAnError(t *testing.T) {
	ada := id.User{App: app, ID: "ada"}
	q := &queue{
		users:    []event.Event{{Kind: event.LoggedIn, User: ada}},
		channels: []event.Event{{Kind: event.Joined, User: ada, Channel: "hall"}},
		err:      assert.AnError,
	}
	h := newHouse(t, func(c *rest.Config) { c.Events = q })
	for _, path := range []string{userEvents, channelEvents} {
		got := h.get(path)
		assert.Equal(t, 200, got.status)
		assert.Len(t, got.fields["events"], 1)
		assert.Equal(t, 500, h.get(path).status, "nothing was taken")
	}
	assert.Equal(t, 4, strings.Count(h.log.String(), assert.AnError.Error()))
}

// A token is enough for users who are named.
func TestWhoMayTakeEvents(t *testing.T) {
	h := newHouse(t, func(c *rest.Config) { c.Events, c.EventReaders = &queue{}, []string{"poller"} })
	for uid, status := range map[string]int{"poller": 200, "alice": 401} {
		for _, version := range []token.Version{token.V006, token.V007} {
			text := mint(t, version, app, certificate, uid, time.Hour)
			assert.Equal(t, status, h.call(http.MethodGet, base+userEvents, "", "x-agora-token", text, "x-agora-uid", uid).status, uid)
		}
		text := mint(t, token.V007, app, certificate, uid, time.Hour)
		assert.Equal(t, status, h.call(http.MethodGet, base+channelEvents, "", "Authorization", "agora token="+text).status, uid)
	}
	unnamed := mint(t, token.V006, app, certificate, "poller", time.Hour)
	assert.Equal(t, 401, h.call(http.MethodGet, base+userEvents, "", "x-agora-token", unnamed).status, "a token 006 without its user")
	assert.Equal(t, 401, h.call(http.MethodGet, base+userEvents, "").status)
}

func TestEventsThatNobodyKeeps(t *testing.T) {
	h := newHouse(t)
	got := h.get(userEvents)
	assert.Equal(t, 404, got.status)
	assert.Equal(t, "not_kept", got.code())
}

func TestRateOfEvents(t *testing.T) {
	h := newHouse(t, func(c *rest.Config) { c.Events, c.Limits = &queue{}, rest.Limits{Events: 1} })
	statuses := map[int]int{}
	for range 10 {
		statuses[h.get(userEvents).status]++
	}
	assert.NotZero(t, statuses[429])
}
