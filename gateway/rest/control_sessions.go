package rest

import (
	"net/http"
	"time"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

// sessionView is a session as callers see it.
type sessionView struct {
	UserID  string `json:"user_id"`
	State   string `json:"state"`
	Session string `json:"session"` // as the log has it
	Gateway string `json:"gateway"`
}

var stateNames = map[presence.State]string{presence.Offline: "offline", presence.Unreachable: "unreachable", presence.Online: "online"}

func newSessionView(s session.Info) sessionView {
	return sessionView{s.User.ID, stateNames[s.State], s.Session[:min(8, len(s.Session))], s.Gateway}
}

func (h *Handler) listSessions(r *http.Request, c *call) (any, error) {
	after, most, err := sequencePage(r)
	if err != nil {
		return nil, err
	}
	page, next, err := h.config.Control.Sessions(r.Context(), c.app, after, most)
	if err != nil {
		return nil, err
	}
	views := make([]sessionView, len(page))
	for i, s := range page {
		views[i] = newSessionView(s)
	}
	return struct {
		result
		Sessions   []sessionView `json:"sessions"`
		NextCursor string        `json:"next_cursor,omitempty"`
	}{c.succeeded(), views, sequenceCursor(next)}, nil
}

func (h *Handler) getSession(r *http.Request, c *call) (any, error) {
	s, err := h.config.Control.Session(r.Context(), c.user())
	if err != nil {
		return nil, noSession(err)
	}
	channels, err := h.config.Control.ChannelsOf(r.Context(), c.user())
	if err != nil {
		return nil, err
	}
	type view struct {
		sessionView
		Channels []string `json:"channels"`
	}
	return struct {
		result
		Session view `json:"session"`
	}{c.succeeded(), view{newSessionView(s), sorted(channels)}}, nil
}

// maxMoves is how often kickUser looks again for a session that moves to another gateway meanwhile.
const maxMoves = 5

// kickUser ends the user's current session. They may log in again.
func (h *Handler) kickUser(r *http.Request, c *call) (any, error) {
	record, err := h.config.Bus.Lookup(r.Context(), c.user())
	if err != nil {
		return nil, noSession(err)
	}
	login := record.LineageID
	for range maxMoves {
		if err := h.config.Control.Evict(r.Context(), record.Gateway, session.Eviction{Session: record.Session, Kicked: true}); err != nil {
			return nil, err
		}
		former := record.Session
		record, err = h.config.Bus.Lookup(r.Context(), c.user())
		if noSession(err) == notOnline || err == nil && (record.LineageID != login || record.Session == former) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	return c.succeeded(), nil
}

// maxPresence is how many users one call may ask for: so many ids of 64 letters fit into the URL.
const maxPresence = 128

type presenceView struct {
	UserID string `json:"user_id"`
	State  string `json:"state"`
}

func (h *Handler) getPresence(r *http.Request, c *call) (any, error) {
	ids, err := names(r, "user_id", maxPresence)
	if err != nil {
		return nil, err
	}
	users := make([]id.User, len(ids))
	for i, uid := range ids {
		users[i] = id.User{App: c.app, ID: uid}
	}
	events, err := h.config.Control.LookUpPresence(r.Context(), users)
	if err != nil {
		return nil, err
	}
	views := make([]presenceView, len(events))
	for i, e := range events {
		views[i] = presenceView{e.User.ID, stateNames[e.State]}
	}
	return struct {
		result
		Users []presenceView `json:"users"`
	}{c.succeeded(), views}, nil
}

// Bounds of a ban.
const (
	maxBan       = 10 * 365 * 24 * time.Hour
	maxBanReason = 1024 // bytes
)

type banView struct {
	UserID  string `json:"user_id"`
	UntilMs int64  `json:"until_ms"`
	MadeMs  int64  `json:"made_ms"`
	Reason  string `json:"reason"`
}

func newBanView(b session.Ban) banView {
	return banView{b.User.ID, b.Until.UnixMilli(), b.Made.UnixMilli(), b.Reason}
}

// banAnswer is the answer about one ban.
type banAnswer struct {
	result
	Ban banView `json:"ban"`
}

func (h *Handler) listBans(r *http.Request, c *call) (any, error) {
	after, most, err := namePage(r)
	if err != nil {
		return nil, err
	}
	page, more, err := h.config.Control.Bans(r.Context(), c.app, after, most)
	if err != nil {
		return nil, err
	}
	views := make([]banView, len(page))
	cursor := ""
	for i, b := range page {
		views[i] = newBanView(b)
		if more {
			cursor = nameCursor(b.User.ID)
		}
	}
	return struct {
		result
		Bans       []banView `json:"bans"`
		NextCursor string    `json:"next_cursor,omitempty"`
	}{c.succeeded(), views, cursor}, nil
}

func (h *Handler) getBan(r *http.Request, c *call) (any, error) {
	b, found, err := h.config.Control.FindBan(r.Context(), c.user())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notBanned
	}
	return banAnswer{c.succeeded(), newBanView(b)}, nil
}

func (h *Handler) banUser(r *http.Request, c *call) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if !body.has("seconds") {
		return nil, invalid("seconds is missing: it must say how long the ban lasts")
	}
	life, err := body.seconds("seconds", maxBan, 0)
	if err != nil {
		return nil, err
	}
	reason, err := body.optional("reason")
	if err != nil {
		return nil, err
	}
	if len(reason) > maxBanReason {
		return nil, invalid("reason has %d bytes, it may have at most %d", len(reason), maxBanReason)
	}
	now := time.Now()
	// Rounded up, so that no ban is shorter than the caller asked for.
	b := session.Ban{User: c.user(), Until: now.Add(life + time.Second - 1).Truncate(time.Second), Reason: reason, Made: now.Truncate(time.Second)}
	if err := h.config.Control.Ban(r.Context(), b); err != nil {
		return nil, err
	}
	return banAnswer{c.succeeded(), newBanView(b)}, nil
}

func (h *Handler) liftBan(r *http.Request, c *call) (any, error) {
	_, found, err := h.config.Control.FindBan(r.Context(), c.user())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notBanned
	}
	if err := h.config.Control.Unban(r.Context(), c.user()); err != nil {
		return nil, err
	}
	return c.succeeded(), nil
}
