package rest

import (
	"encoding/json"
	"net/http"
	"slices"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

type channelView struct {
	Channel string `json:"channel"`
	Members int    `json:"members"`
}

func (h *Handler) listChannels(r *http.Request, c *call) (any, error) {
	after, most, err := sequencePage(r)
	if err != nil {
		return nil, err
	}
	page, next, err := h.config.Control.Channels(r.Context(), c.app, after, most)
	if err != nil {
		return nil, err
	}
	views := make([]channelView, len(page))
	for i, ch := range page {
		views[i] = channelView{ch.Channel, ch.Members}
	}
	return struct {
		result
		Channels   []channelView `json:"channels"`
		NextCursor string        `json:"next_cursor,omitempty"`
	}{c.succeeded(), views, sequenceCursor(next)}, nil
}

func (c *call) channelID() channel.ID { return channel.ID{App: c.app, Channel: c.channel} }

func (h *Handler) listMembers(r *http.Request, c *call) (any, error) {
	after, most, err := sequencePage(r)
	if err != nil {
		return nil, err
	}
	page, next, err := h.config.Control.MemberPage(r.Context(), c.channelID(), after, most)
	if err != nil {
		return nil, err
	}
	count, err := h.config.Control.CountMembers(r.Context(), c.channelID())
	if err != nil {
		return nil, err
	}
	return struct {
		result
		Count      int      `json:"count"`
		Members    []string `json:"members"`
		NextCursor string   `json:"next_cursor,omitempty"`
	}{c.succeeded(), count, sorted(page), sequenceCursor(next)}, nil
}

type attributeView struct {
	Key       string `json:"key"`
	Value     string `json:"value"`
	Writer    string `json:"writer"`
	WrittenMs int64  `json:"written_ms"`
}

func (h *Handler) getAttributes(r *http.Request, c *call) (any, error) {
	value, err := h.config.Control.ChannelAttributes(r.Context(), c.channelID())
	if err != nil {
		return nil, err
	}
	var list wire.AttributeList
	if err := list.UnmarshalVT(value); err != nil {
		return nil, err
	}
	views := make([]attributeView, len(list.Attribute))
	for i, a := range list.Attribute {
		views[i] = attributeView{a.Key, a.Value, a.Writer, a.WrittenMs}
	}
	return struct {
		result
		Attributes []attributeView `json:"attributes"`
	}{c.succeeded(), views}, nil
}

func (h *Handler) setAttributes(r *http.Request, c *call) (any, error) {
	return h.putAttributes(r, c, wire.AttributeWrite_SET)
}

func (h *Handler) updateAttributes(r *http.Request, c *call) (any, error) {
	return h.putAttributes(r, c, wire.AttributeWrite_UPDATE)
}

func (h *Handler) putAttributes(r *http.Request, c *call, op wire.AttributeWrite_Op) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	writer, err := body.identifier("user_id")
	if err != nil {
		return nil, err
	}
	notify, err := body.flag("notify")
	if err != nil {
		return nil, err
	}
	var values map[string]string
	if err := json.Unmarshal(body["attributes"], &values); err != nil || values == nil {
		return nil, invalid("attributes must be an object whose values are strings")
	}
	w := &wire.AttributeWrite{Op: op, Channel: c.channel, Notify: notify}
	for key, value := range values {
		w.Attribute = append(w.Attribute, &wire.Attribute{Key: key, Value: value})
	}
	slices.SortFunc(w.Attribute, func(a, b *wire.Attribute) int { // an object has no order
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return h.writeAttributes(r, c, writer, w)
}

// deleteAttributes deletes the attributes with the given keys, or all without keys.
func (h *Handler) deleteAttributes(r *http.Request, c *call) (any, error) {
	q := r.URL.Query()
	notify, err := parseFlag("notify", q.Get("notify"))
	if err != nil {
		return nil, err
	}
	writer := q.Get("user_id")
	if err := checkID("user_id", writer); err != nil {
		return nil, err
	}
	w := &wire.AttributeWrite{Op: wire.AttributeWrite_CLEAR, Channel: c.channel, Notify: notify}
	for _, key := range q["key"] {
		w.Op = wire.AttributeWrite_DELETE
		w.Attribute = append(w.Attribute, &wire.Attribute{Key: key})
	}
	return h.writeAttributes(r, c, writer, w)
}

func (h *Handler) writeAttributes(r *http.Request, c *call, writer string, w *wire.AttributeWrite) (any, error) {
	c.from = writer
	refusal, err := session.WriteChannelAttributes(r.Context(), h.config.Control, id.User{App: c.app, ID: writer}, w)
	if err != nil {
		return nil, err
	}
	if refusal != nil {
		return nil, invalid("attributes: %s", refusal.Text)
	}
	return c.succeeded(), nil
}
