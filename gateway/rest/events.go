package rest

import (
	"context"
	"net/http"
	"slices"

	"rtmwasm/gateway/event"
)

// maxEvents is how many events an answer has at most. (the vendor's limit)
const maxEvents = 1000

// Events are what users of apps did. A call takes them: no other gets them again, also where an
// error comes with them.
type Events interface {
	TakeUserEvents(ctx context.Context, app string, most int) ([]event.Event, error)
	TakeChannelEvents(ctx context.Context, app string, most int) ([]event.Event, error)
}

// userEvent is a login or logout. The time has the names that it has in the vendor's older and
// newer texts, both in ms.
type userEvent struct {
	UserID string `json:"user_id"`
	Type   string `json:"type"`
	Ms     int64  `json:"ms"`
	Ts     int64  `json:"ts"`
}

// channelEvent is a coming or going, with both names of the channel.
type channelEvent struct {
	GroupID   string `json:"group_id"`
	ChannelID string `json:"channel_id"`
	userEvent
}

// eventTypes are what the API calls events.
var eventTypes = map[event.Kind]string{
	event.LoggedIn: "Login", event.LoggedOut: "Logout", event.Joined: "Join", event.Left: "Leave",
}

// eventList is the answer of the two endpoints.
type eventList[T any] struct {
	result
	Events []T `json:"events"`
}

func (h *Handler) userEvents(r *http.Request, c *call) (any, error) {
	events, err := h.takeEvents(r, c, Events.TakeUserEvents)
	if err != nil {
		return nil, err
	}
	all := make([]userEvent, len(events))
	for i, e := range events {
		all[i] = newUserEvent(e)
	}
	return eventList[userEvent]{c.succeeded(), all}, nil
}

func (h *Handler) channelEvents(r *http.Request, c *call) (any, error) {
	events, err := h.takeEvents(r, c, Events.TakeChannelEvents)
	if err != nil {
		return nil, err
	}
	all := make([]channelEvent, len(events))
	for i, e := range events {
		all[i] = channelEvent{e.Channel, e.Channel, newUserEvent(e)}
	}
	return eventList[channelEvent]{c.succeeded(), all}, nil
}

func newUserEvent(e event.Event) userEvent {
	ms := e.At.UnixMilli()
	return userEvent{UserID: e.User.ID, Type: eventTypes[e.Kind], Ms: ms, Ts: ms}
}

// takeEvents takes what there is for a caller who may: whoever reads events takes them from all
// others, so a user's token is not enough.
func (h *Handler) takeEvents(r *http.Request, c *call, take func(Events, context.Context, string, int) ([]event.Event, error)) ([]event.Event, error) {
	if c.caller.key == "" && !slices.Contains(h.config.EventReaders, c.caller.uid) {
		c.why = "the user is not named by --rest-event-users"
		return nil, unauthorized
	}
	if h.config.Events == nil {
		return nil, notKept
	}
	events, err := take(h.config.Events, r.Context(), c.app, maxEvents)
	if len(events) > 0 && err != nil { // they are gone: give what there is
		c.why, err = err.Error(), nil
	}
	return events, err
}
