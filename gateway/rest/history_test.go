package rest_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/history"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/token"
)

// archive is a rest.History that notes what it is asked.
type archive struct {
	recorded []history.Message
	found    []history.Message
	filter   history.Filter
	page     string
	err      error
}

func (a *archive) Record(_ context.Context, m history.Message) error {
	a.recorded = append(a.recorded, m)
	return a.err
}

func (a *archive) Count(_ context.Context, f history.Filter) (int, error) {
	a.filter = f
	return len(a.found), a.err
}

func (a *archive) Read(_ context.Context, f history.Filter, offset, limit int, newestFirst bool) ([]history.Message, error) {
	a.filter, a.page = f, fmt.Sprint(offset, " ", limit, " ", newestFirst)
	return a.found, a.err
}

func content(t *testing.T, m *wire.Message) []byte {
	b, err := m.MarshalVT()
	require.NoError(t, err)
	return b
}

const (
	queryPath = "/rtm/message/history/query"
	countPath = "/rtm/message/history/count"
	times     = `"start_time":"2026-01-02T03:04:05Z","end_time":"2026-01-02T03:04:06.5Z"`
	startMs   = 1767323045000
)

func asked(filter, more string) string {
	return `{"filter":{` + filter + `,` + times + `}` + more + `}`
}

func newArchive(t *testing.T) (*house, *archive) {
	a := &archive{}
	return newHouse(t, func(c *rest.Config) { c.History = a }), a
}

// location makes a query, and returns its handle by each way in which callers cut.
func (h *house) location(body string, header ...string) string {
	h.t.Helper()
	got := h.post(queryPath, body, header...)
	require.Equal(h.t, 200, got.status, "%v", got.fields)
	location, _ := got.fields["location"].(string)
	require.True(h.t, strings.HasPrefix(location, "~/rtm/message/history/query/"), location)
	_, handle, _ := strings.Cut(location, "/query/")
	assert.Regexp(h.t, `^[A-Za-z0-9_-]+$`, handle)
	assert.Equal(h.t, queryPath+"/"+handle, location[1:], "the first character dropped")
	assert.Equal(h.t, handle, location[strings.LastIndex(location, "/")+1:], "the last segment")
	return location[1:]
}

func TestHistoryQuery(t *testing.T) {
	h, a := newArchive(t)
	a.found = []history.Message{
		{From: "ada", To: "bob", Ms: startMs, Message: content(t, &wire.Message{Type: wire.Message_TEXT, Text: "hé"})},
		{From: "ada", To: "hall", ToChannel: true, Ms: startMs + 1, Message: content(t, &wire.Message{
			Type: wire.Message_IMAGE, MediaId: "id", FileName: "a.png", Description: "a view", Size: 7, Width: 2, Height: 3, Thumbnail: []byte{1}, ThumbnailWidth: 1, ThumbnailHeight: 1,
		})},
	}
	got := h.post(queryPath, asked(`"source":"ada"`, ``))
	assert.Equal(t, []any{0., 20., "asc"}, []any{got.fields["offset"], got.fields["limit"], got.fields["order"]})
	list := h.get(h.location(asked(`"source":"ada","destination":"bob"`, `,"offset":5,"limit":50,"order":"desc","offSet":7`)))
	assert.Equal(t, "ok", list.code())
	assert.Equal(t, "5 50 true", a.page)
	assert.Equal(t, history.Filter{App: app, From: "ada", To: "bob", Start: startMs, End: startMs + 1500}, a.filter)
	assert.Equal(t, []any{
		map[string]any{"src": "ada", "dst": "bob", "payload": "hé", "ms": float64(startMs), "message_type": "peer_message"},
		map[string]any{"src": "ada", "dst": "hall", "payload": "a view", "ms": float64(startMs + 1), "message_type": "group_message", "media": map[string]any{
			"type": "IMAGE", "media_id": "id", "file_name": "a.png", "size": 7., "width": 2., "height": 3., "thumbnail": "AQ==", "thumbnail_width": 1., "thumbnail_height": 1.,
		}},
	}, list.fields["messages"])
	a.found = nil
	assert.Equal(t, []any{}, h.get(h.location(asked(`"source":"ada"`, ``))).fields["messages"], "a list, though empty")
	assert.Equal(t, "0 20 false", a.page)
	a.err = assert.AnError
	assert.Equal(t, 500, h.get(h.location(asked(`"source":"ada"`, ``))).status)
}

func TestHistoryQueriesThatAreRefused(t *testing.T) {
	h, _ := newArchive(t)
	for body, says := range map[string]string{
		`{}`:                         "filter must be an object",
		`{"filter":1}`:               "filter must be an object",
		`{"filter":{` + times + `}}`: "source or destination",
		`{"filter":{"source":"","destination":null,` + times + `}}`:                                            "source or destination",
		asked(`"source":"a*b"`, ``):                                                                            "source must have",
		asked(`"destination":7.5`, ``):                                                                         "destination must be a string",
		`{"filter":{"source":"a","end_time":"2026-01-02T03:04:05Z"}}`:                                          "start_time is missing",
		`{"filter":{"source":"a","start_time":"2026-01-02T03:04:05Z"}}`:                                        "end_time is missing",
		`{"filter":{"source":"a","start_time":"2026-01-02T03:04:05+01:00","end_time":"2026-01-02T03:04:05Z"}}`: "start_time must be a time in UTC",
		`{"filter":{"source":"a","start_time":"2026-01-02T03:04:05Z","end_time":"yesterday"}}`:                 "end_time must be a time in UTC",
		`{"filter":{"source":"a","start_time":"2026-01-02T03:04:06Z","end_time":"2026-01-02T03:04:05Z"}}`:      "start_time is after end_time",
		asked(`"source":"a"`, `,"limit":0`):                                                                    "limit must be 1 to 100",
		asked(`"source":"a"`, `,"limit":101`):                                                                  "limit must be 1 to 100",
		asked(`"source":"a"`, `,"limit":"many"`):                                                               "limit must be an integer",
		asked(`"source":"a"`, `,"offset":-1`):                                                                  "offset must be an integer",
		asked(`"source":"a"`, `,"order":"up"`):                                                                 "order must be asc or desc",
	} {
		got := h.post(queryPath, body)
		assert.Equal(t, 400, got.status, body)
		assert.Contains(t, got.fields["message"], says, body)
	}
	for _, body := range []string{asked(`"source":12345`, `,"limit":"10","offset":"3"`), asked(`"source":"a"`, `,"order":"ASC"`),
		`{"filter":{"source":"a","start_time":"2026-01-02 03:04:05","end_time":"2026-01-02 03:04:05.123456"}}`} {
		assert.Equal(t, 200, h.post(queryPath, body).status, body)
	}
}

func TestHistoryHandles(t *testing.T) {
	h, _ := newArchive(t)
	forged := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	until := func(end int64) string {
		return forged(fmt.Sprintf(`{"f":{"App":"%s","From":"a","End":%d},"l":20,"e":%d}`, app, end, time.Now().Add(time.Minute).Unix()))
	}
	const lastMs = 253402300799999 // of the year 9999
	require.Equal(t, 200, h.get(queryPath+"/"+until(lastMs)).status)
	for _, handle := range []string{"nonsense", "%20", "_", forged(`{}`), forged(`{"f":{"App":"` + app + `","From":"a"},"l":20,"e":1}`), forged(`{"f":{"App":"` + app + `","From":"a"},"l":20,"e":99999999999}`),
		until(lastMs + 1), strings.Repeat("a", 5000)} {
		got := h.get(queryPath + "/" + handle)
		assert.Equal(t, 410, got.status, handle)
		assert.Equal(t, "query_expired", got.code())
	}
	location := h.location(asked(`"source":"a"`, ``))
	elsewhere := h.call(http.MethodGet, rest.Prefix+"project/"+otherApp+location, "", "Authorization", basic(key, secret))
	assert.Equal(t, 410, elsewhere.status, "of another app")
	assert.Equal(t, 401, h.call(http.MethodGet, base+location, "").status, "the handle is no credential")
}

// A query can be read for ten minutes.
func TestHistoryHandlesExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &archive{}
		made := ask(t, a, http.MethodPost, queryPath, asked(`"source":"a"`, ``))
		require.Equal(t, 200, made.status)
		path := made.fields["location"].(string)[1:]
		time.Sleep(9*time.Minute + 58*time.Second)
		assert.Equal(t, 200, ask(t, a, http.MethodGet, path, "").status)
		time.Sleep(3 * time.Second)
		assert.Equal(t, 410, ask(t, a, http.MethodGet, path, "").status)
	})
}

func TestHistoryCount(t *testing.T) {
	h, a := newArchive(t)
	a.found = make([]history.Message, 3)
	at := "start_time=2026-01-02T03:04:05Z&end_time=2026-01-02T03:04:06Z"
	for query, want := range map[string]history.Filter{
		"source=ada&" + at:                            {From: "ada"},
		"source=&destination=hall&" + at:              {To: "hall"},
		"&source=%22ada%22&destination=%22b%22&" + at: {From: "ada", To: "b"},
		"source=a%20b&" + at:                          {From: "a b"},
	} {
		got := h.get(countPath + "?" + query)
		assert.Equal(t, 200, got.status, query)
		assert.Equal(t, []any{"ok", 3.}, []any{got.fields["code"], got.fields["count"]})
		want.App, want.Start, want.End = app, startMs, startMs+1000
		assert.Equal(t, want, a.filter)
	}
	for _, query := range []string{at, "source=ada", "source=a*b&" + at, "source=ada&start_time=x&end_time=y"} {
		assert.Equal(t, 400, h.get(countPath+"?"+query).status, query)
	}
}

// A token reads what its user sent or received, and channels.
func TestWhoMayReadTheHistory(t *testing.T) {
	h, a := newArchive(t)
	ada := []string{"Authorization", "agora token=" + mint(t, token.V007, app, certificate, "ada", time.Hour)}
	for filter, want := range map[string]struct {
		status   int
		channels bool
	}{
		`"source":"ada"`:                      {200, false},
		`"destination":"ada"`:                 {200, false},
		`"source":"bob","destination":"ada"`:  {200, false},
		`"destination":"hall"`:                {200, true},
		`"source":"bob","destination":"hall"`: {200, true},
		`"source":"bob"`:                      {401, false},
	} {
		made := h.call(http.MethodPost, base+queryPath, asked(filter, ``), ada...)
		assert.Equal(t, want.status, made.status, filter)
		if made.status == 200 {
			assert.Equal(t, 200, h.call(http.MethodGet, base+made.fields["location"].(string)[1:], "", ada...).status)
			assert.Equal(t, want.channels, a.filter.ChannelsOnly, filter)
		}
	}
	query := url.Values{"source": {"bob"}, "start_time": {"2026-01-02T03:04:05Z"}, "end_time": {"2026-01-02T03:04:05Z"}}
	assert.Equal(t, 401, h.call(http.MethodGet, base+countPath+"?"+query.Encode(), "", ada...).status)
	byKey := h.location(asked(`"source":"bob"`, ``))
	assert.Equal(t, 401, h.call(http.MethodGet, base+byKey, "", ada...).status, "a handle gives no right")
}

// The flag has a message recorded before anybody gets it; one that can't be is not sent.
func TestSendingIntoTheHistory(t *testing.T) {
	h, a := newArchive(t)
	const flag = `,"payload":"hello","enable_historical_messaging":true}`
	assert.Equal(t, 200, h.post(toPeer, `{"destination":"bob"`+flag).status)
	assert.Equal(t, 200, h.post(toChannel, `{"channel_name":"hall"`+flag).status)
	h.post(toPeer, hello)
	require.Len(t, a.recorded, 2)
	for i, m := range a.recorded {
		d := append(append([]*wire.Delivery{}, h.bus.peers[0]), h.bus.channels...)[i]
		assert.Equal(t, d.ServerReceivedMs, m.Ms)
		assert.Equal(t, []any{app, "alice", []string{"bob", "hall"}[i], i == 1}, []any{m.App, m.From, m.To, m.ToChannel})
		assert.Equal(t, content(t, d.Message), m.Message)
	}
	sent := len(h.bus.peers)
	for err, status := range map[error]int{history.ErrQuota: 429, assert.AnError: 500} {
		a.err = err
		assert.Equal(t, status, h.post(toPeer, `{"destination":"bob"`+flag).status)
		assert.Equal(t, status, h.post(toChannel, `{"channel_name":"hall"`+flag).status)
	}
	assert.Len(t, h.bus.peers, sent)
	assert.Len(t, h.bus.channels, 1)
}

func TestHistoryThatNobodyKeeps(t *testing.T) {
	h := newHouse(t)
	assert.Equal(t, "not_kept", h.post(queryPath, asked(`"source":"a"`, ``)).code())
	assert.Equal(t, 200, h.post(toPeer, `{"destination":"bob","payload":"x","enable_historical_messaging":true}`).status)
}
