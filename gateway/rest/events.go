package rest

import (
	"context"
	"net/http"
	"slices"

	"rtmwasm/gateway/event"
)

// maxEvents is how many events an answer has at most, as in the vendor's API.
const maxEvents = 1000

// Events stores what users of apps did. A call removes the events that it returns, also if it
// returns an error with them: no other call gets them again.
type Events interface {
	TakeUserEvents(ctx context.Context, app string, most int) ([]event.Event, error)
	TakeChannelEvents(ctx context.Context, app string, most int) ([]event.Event, error)
}

// userEvent is a login or logout. The time is in two fields, because the vendor's older and newer
// documents have different names for it. Both are in ms.
type userEvent struct {
	UserID string `json:"user_id"`
	Type   string `json:"type"`
	Ms     int64  `json:"ms"`
	Ts     int64  `json:"ts"`
}

// channelEvent is a join or leave. The channel is in two fields, too.
type channelEvent struct {
	GroupID   string `json:"group_id"`
	ChannelID string `json:"channel_id"`
	userEvent
}

// eventTypes are the names of events in the API.
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

// takeEvents returns the stored events, if the caller may read them. Each event is read only once.
// So a token is not enough unless --rest-event-users names its user.
func (h *Handler) takeEvents(r *http.Request, c *call, take func(Events, context.Context, string, int) ([]event.Event, error)) ([]event.Event, error) {
	if c.caller.key == "" && !slices.Contains(h.config.EventReaders, c.caller.uid) {
		c.why = "the user is not named by --rest-event-users"
		return nil, unauthorized
	}
	if h.config.Events == nil {
		return nil, notKept
	}
	events, err := take(h.config.Events, r.Context(), c.app, maxEvents)
	if len(events) > 0 && err != nil { // the events are already removed: return them
		c.why, err = err.Error(), nil
	}
	return events, err
}
