package tests

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/token"
)

// restEvent is what the answers of both endpoints have.
type restEvent struct {
	UserID    string `json:"user_id"`
	GroupID   string `json:"group_id"`
	ChannelID string `json:"channel_id"`
	Type      string `json:"type"`
	Ms        int64  `json:"ms"`
	Ts        int64  `json:"ts"`
}

// events takes what there is.
func (b *backend) events(path string) (events []restEvent) {
	b.t.Helper()
	a := b.do(http.MethodGet, path, "")
	require.Equal(b.t, http.StatusOK, a.Status, a.Body)
	a.fields(b.t)
	var list struct {
		Events []restEvent `json:"events"`
	}
	require.NoError(b.t, json.Unmarshal([]byte(a.Body), &list))
	for _, e := range list.Events {
		assert.Equal(b.t, e.Ms, e.Ts)
		assert.Equal(b.t, e.GroupID, e.ChannelID)
		assert.InDelta(b.t, time.Now().UnixMilli(), e.Ms, float64((20 * time.Minute).Milliseconds()), "ms")
	}
	return list.Events
}

const (
	userEventsPath    = "/rtm/vendor/user_events"
	channelEventsPath = "/rtm/vendor/channel_events"
)

// until takes events from backends in turn until there are so many, and returns them as text.
func eventsUntil(t *testing.T, path string, n int, backends ...*backend) (said []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, b := range backends {
			for _, e := range b.events(path) {
				said = append(said, strings.TrimSpace(e.UserID+" "+e.Type+" "+e.GroupID))
			}
		}
		return len(said) >= n
	}, waitLimit, 200*time.Millisecond)
	return said
}

func testRESTEvents(t *testing.T, program string) {
	g, b := serveREST(t, program, "--rest-event-rate", "1000")
	alice := loginHeard(t, g.url, "alice")
	hall := alice.join(t, "hall")
	require.Nil(t, outcome(t, alice.member, hall.Leave))
	alice.join(t, "attic")
	b.code("/rtm/users/Server/channel_messages", `{"channel_name":"attic","payload":"no event"}`)
	alice.logout(t)
	assert.Equal(t, []string{"alice Login", "alice Logout"}, eventsUntil(t, userEventsPath, 2, b))
	assert.Equal(t, []string{"alice Join hall", "alice Leave hall", "alice Join attic", "alice Leave attic"}, eventsUntil(t, channelEventsPath, 4, b))
	assert.Empty(t, b.events(userEventsPath), "given once")
	assert.Empty(t, b.events(channelEventsPath), "given once")

	// A connection that is cut: after 30 s the user is gone.
	lost, err := intrude(t.Context(), t, g.addr())
	require.NoError(t, err)
	require.NoError(t, lost.say(t.Context(), &wire.ClientFrame{Hello: &wire.Hello{Version: 1, AppId: pageApp, Uid: "lost", Token: restToken(t, token.V007, "lost", time.Hour)}}))
	_, err = lost.hearWelcome(t.Context())
	require.NoError(t, err)
	require.NoError(t, lost.say(t.Context(), &wire.ClientFrame{Id: 1, Join: &wire.Join{Channel: "hall"}}))
	assert.Equal(t, []string{"lost Join hall"}, eventsUntil(t, channelEventsPath, 1, b))
	require.NoError(t, lost.CloseNow())
	assert.Equal(t, []string{"lost Leave hall"}, eventsUntil(t, channelEventsPath, 1, b))
	assert.Equal(t, []string{"lost Login", "lost Logout"}, eventsUntil(t, userEventsPath, 2, b))
}

// asked is the body of a query about the last and the next hour.
func asked(filter, more string) string {
	return `{"filter":{` + filter + `,"start_time":"` + fromNow(-time.Hour) + `","end_time":"` + fromNow(time.Hour) + `"}` + more + `}`
}

func fromNow(d time.Duration) string { return time.Now().UTC().Add(d).Format("2006-01-02T15:04:05Z") }

// query makes a query and returns its path.
func (b *backend) query(body string) (path string) {
	b.t.Helper()
	a := b.do(http.MethodPost, "/rtm/message/history/query", body)
	require.Equal(b.t, http.StatusOK, a.Status, a.Body)
	location, _ := a.fields(b.t)["location"].(string)
	path, found := strings.CutPrefix(location, "~")
	require.True(b.t, found)
	return path
}

type historyMessage struct {
	Src         string         `json:"src"`
	Dst         string         `json:"dst"`
	Payload     string         `json:"payload"`
	Ms          int64          `json:"ms"`
	MessageType string         `json:"message_type"`
	Media       map[string]any `json:"media"`
}

func (b *backend) read(path string) []historyMessage {
	b.t.Helper()
	a := b.do(http.MethodGet, path, "")
	require.Equal(b.t, http.StatusOK, a.Status, a.Body)
	require.Equal(b.t, "ok", a.fields(b.t)["code"])
	var list struct {
		Messages []historyMessage `json:"messages"`
	}
	require.NoError(b.t, json.Unmarshal([]byte(a.Body), &list))
	return list.Messages
}

// sendKept sends as an application does with enableHistoricalMessaging.
func (h *heard) sendKept(t *testing.T, peer string, m *core.Message) {
	t.Helper()
	require.Nil(t, outcome(t, h.member, func(done func(*core.Error)) {
		h.SendToPeer(peer, &core.Outgoing{Message: m, History: true}, false, func(_ bool, err *core.Error) { done(err) })
	}))
}

func testRESTHistory(t *testing.T, program string) {
	g, b := serveREST(t, program, "--max-app-history", "10")
	alice, bob := loginHeard(t, g.url, "alice"), loginHeard(t, g.url, "bob")
	text := func(s string) *core.Message { return &core.Message{Type: wire.Message_TEXT, Text: s} }
	hall := alice.join(t, "hall")
	alice.sendKept(t, "bob", text("0"))
	received := next(t, bob.got).ServerReceivedMs
	b.code("/rtm/users/Server/peer_messages", `{"destination":"bob","payload":"1","enable_historical_messaging":true}`)
	b.code("/rtm/users/Server/peer_messages", `{"destination":"bob","payload":"not kept"}`)
	require.Nil(t, outcome(t, alice.member, func(done func(*core.Error)) { hall.Send(&core.Outgoing{Message: text("2"), History: true}, done) }))
	b.code("/rtm/users/alice/channel_messages", `{"channel_name":"hall","payload":"3","enable_historical_messaging":true}`)
	alice.sendKept(t, "nobody", &core.Message{Type: wire.Message_IMAGE, MediaId: "id", FileName: "a.png", Description: "4"})

	payloads := func(filter, more string) (all []string) {
		for _, m := range b.read(b.query(asked(filter, more))) {
			all = append(all, m.Payload)
		}
		return all
	}
	assert.Equal(t, []string{"0", "2", "3", "4"}, payloads(`"source":"alice"`, ``))
	assert.Equal(t, []string{"4", "3"}, payloads(`"source":"alice"`, `,"order":"desc","limit":2`))
	assert.Equal(t, []string{"2", "0"}, payloads(`"source":"alice"`, `,"order":"desc","limit":2,"offset":2`))
	assert.Equal(t, []string{"0", "1"}, payloads(`"destination":"bob"`, ``))
	assert.Equal(t, []string{"2", "3"}, payloads(`"destination":"hall"`, ``))
	assert.Equal(t, []string{"1"}, payloads(`"source":"Server","destination":"bob"`, ``))
	assert.Equal(t, []string{"2", "3"}, payloads(`"source":"alice","destination":"hall"`, ``))
	assert.Empty(t, payloads(`"source":"hall"`, ``))
	first := b.read(b.query(asked(`"destination":"bob"`, ``)))[0]
	assert.Equal(t, historyMessage{Src: "alice", Dst: "bob", Payload: "0", Ms: received, MessageType: "peer_message"}, first)
	image := b.read(b.query(asked(`"destination":"nobody"`, ``)))[0]
	assert.Equal(t, []any{"IMAGE", "id", "a.png"}, []any{image.Media["type"], image.Media["media_id"], image.Media["file_name"]})
	counted := b.do(http.MethodGet, "/rtm/message/history/count?source=alice&start_time="+fromNow(-time.Hour)+"&end_time="+strings.TrimSuffix(fromNow(time.Hour), "Z")+".999Z", "")
	assert.Equal(t, 4., counted.fields(t)["count"])

	t.Run("quota", func(t *testing.T) {
		send := func() restAnswer {
			return b.do(http.MethodPost, "/rtm/users/Server/peer_messages", `{"destination":"bob","payload":"x","enable_historical_messaging":true}`)
		}
		for range 5 {
			require.Equal(t, http.StatusOK, send().Status)
		}
		a := send()
		assert.Equal(t, http.StatusTooManyRequests, a.Status)
		assert.Equal(t, "quota_exceeded", a.fields(t)["code"])
	})
}
