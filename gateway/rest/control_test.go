package rest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/mediastore/storetest"
	"rtmwasm/gateway/mediaurl"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/token"
	"rtmwasm/native"
)

const controlBase = rest.ControlPrefix + openApp

// station is a gateway with an engine, a store and the interface.
type station struct {
	t         testing.TB
	url       string
	described *described
	engine    *natsengine.Engine
}

func newStation(t *testing.T, change ...func(*gateway.Config)) *station {
	quiet := slog.New(slog.DiscardHandler)
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Dir: t.TempDir(), Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	apps := &gateway.Apps{}
	require.NoError(t, apps.Add(openApp, ""))
	require.NoError(t, apps.Add(app, certificate))
	var backends http.Handler
	config := gateway.Config{
		Engine: engine, MediaStore: storetest.New(t, engine.MediaRecords()), MediaURLKeys: mediaurl.NewRing(engine.MediaKeys(), nil, 0), Authorizer: apps, Logger: quiet,
		REST: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { backends.ServeHTTP(w, r) }),
	}
	for _, c := range change {
		c(&config)
	}
	server, err := gateway.New(config)
	require.NoError(t, err)
	backends, err = rest.New(rest.Config{
		Apps: apps, Bus: engine, Control: engine, Media: server.Media(), Logger: quiet, Limits: rest.Limits{Control: 1000},
		Keys: []rest.Key{{ID: key, Secret: secret}, {ID: boundKey, Secret: secret, App: app}},
	})
	require.NoError(t, err)
	web := httptest.NewUnstartedServer(nil)
	web.Config = server.HTTPServer()
	web.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		require.NoError(t, server.Close(ctx))
		web.Close()
	})
	return &station{t: t, url: web.URL, described: newDescribed(t), engine: engine}
}

// call makes a call below controlBase, whose answer must have this status. The body is text, bytes,
// or a value for JSON.
func (s *station) call(status int, method, path string, body any) map[string]any {
	s.t.Helper()
	return s.callAs(key, status, method, path, body)
}

func (s *station) callAs(key string, status int, method, path string, body any) map[string]any {
	s.t.Helper()
	var content []byte
	kind := "application/json"
	switch body := body.(type) {
	case nil:
	case string:
		content = []byte(body)
	case []byte:
		content, kind = body, "application/octet-stream"
	default:
		var err error
		content, err = json.Marshal(body)
		require.NoError(s.t, err)
	}
	r, err := http.NewRequest(method, s.url+controlBase+path, bytes.NewReader(content))
	require.NoError(s.t, err)
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	r.SetBasicAuth(key, secret)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, status, answer.StatusCode, "%s %s: %s", method, path, text)
	s.described.holds(s.t, r, content, answer, text)
	var fields map[string]any
	require.NoError(s.t, json.Unmarshal(text, &fields))
	return fields
}

// visitor is a client.
type visitor struct {
	native.NoEvents
	*core.Client
	t          testing.TB
	host       *native.Host
	states     chan string
	messages   chan *wire.Delivery
	attributes chan []*core.Attribute
}

func (v *visitor) StateChanged(s core.State, r core.Reason) {
	v.states <- string(s) + " " + string(r)
}
func (v *visitor) PeerMessage(d *wire.Delivery)                             { v.messages <- d }
func (v *visitor) ChannelMessage(_ *core.Channel, d *wire.Delivery)         { v.messages <- d }
func (v *visitor) AttributesUpdated(_ *core.Channel, all []*core.Attribute) { v.attributes <- all }

func (s *station) visitor() *visitor {
	v := &visitor{t: s.t, host: native.NewHost(), states: make(chan string, 100), messages: make(chan *wire.Delivery, 100), attributes: make(chan []*core.Attribute, 100)}
	v.Client = core.New(openApp, s.url, v.host, v)
	s.t.Cleanup(func() {
		v.host.Do(func() { _ = v.LogoutNow() })
		v.host.CloseIdle()
	})
	return v
}

func (v *visitor) done(begin func(done func(*core.Error))) error {
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	defer cancel()
	return native.Done(ctx, v.host, begin)
}

func (v *visitor) login(uid string) error {
	return v.done(func(done func(*core.Error)) { v.Login(uid, "", done) })
}

func (s *station) login(uid string) *visitor {
	s.t.Helper()
	v := s.visitor()
	require.NoError(s.t, v.login(uid))
	return v
}

func (v *visitor) join(name string) {
	v.t.Helper()
	var c *core.Channel
	v.host.Do(func() { c = v.Channel(name) })
	require.NoError(v.t, v.done(c.Join))
}

func await[T any](t testing.TB, c chan T) (one T) {
	t.Helper()
	select {
	case one = <-c:
	case <-time.After(waitLimit):
		require.Fail(t, "nothing came")
	}
	return one
}

// until waits for a change of state.
func (v *visitor) until(change string) {
	v.t.Helper()
	for await(v.t, v.states) != change {
	}
}

// all lists what a path has, page by page.
func (s *station) all(path, list string, limit int) (all []any) {
	s.t.Helper()
	for cursor := ""; ; {
		page := s.call(http.StatusOK, http.MethodGet, fmt.Sprint(path, "?limit=", limit, "&cursor=", cursor), nil)
		entries := page[list].([]any)
		assert.LessOrEqual(s.t, len(entries), limit)
		all = append(all, entries...)
		next, more := page["next_cursor"].(string)
		if !more {
			return all
		}
		require.NotEqual(s.t, cursor, next)
		cursor = next
	}
}

func values(all []any, field string) (texts []string) {
	for _, one := range all {
		texts = append(texts, fmt.Sprint(one.(map[string]any)[field]))
	}
	return texts
}

// Every operation is called by some test, and answered as docs/openapi.yaml says.
func TestControl(t *testing.T) {
	s := newStation(t)
	for name, test := range map[string]func(*testing.T, *station){
		"sessions": testSessions, "presence": testPresence, "channels": testChannels, "attributes": testAttributes, "kick": testKick, "ban": testBan,
		"media": testMedia, "media messages": testMediaMessages, "who may call": testControlCallers, "a banned user's token": testBannedToken, "bad input": testControlInput,
	} {
		t.Run(name, func(t *testing.T) {
			part := *s
			part.t = t
			test(t, &part)
		})
	}
	for name := range rest.Operations() {
		assert.True(t, s.described.seen[name], "%s has no test", name)
	}
}

func testSessions(t *testing.T, s *station) {
	var want []string
	for i := range 7 {
		uid := fmt.Sprintf("guest %d", i)
		s.login(uid).join("lobby")
		want = append(want, uid)
	}
	for _, limit := range []int{1, 3, 1000} {
		assert.Subset(t, values(s.all("/sessions", "sessions", limit), "user_id"), want)
	}
	one := s.call(http.StatusOK, http.MethodGet, "/sessions/guest%203", nil)["session"].(map[string]any)
	assert.Equal(t, []any{"guest 3", "online", []any{"lobby"}}, []any{one["user_id"], one["state"], one["channels"]})
	assert.Equal(t, "not_online", s.call(http.StatusNotFound, http.MethodGet, "/sessions/nobody", nil)["code"])
}

func testPresence(t *testing.T, s *station) {
	s.login("here")
	const longest = "&user_id=abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"
	many := s.call(http.StatusOK, http.MethodGet, "/presence?"+strings.Repeat(longest, 128), nil)
	assert.Len(t, many["users"], 128, "a request's head has room for as many")
	s.call(http.StatusBadRequest, http.MethodGet, "/presence?"+strings.Repeat("&user_id=a", 129), nil)
	users := s.call(http.StatusOK, http.MethodGet, "/presence?user_id=nobody&user_id=here", nil)["users"]
	assert.Equal(t, []any{map[string]any{"user_id": "nobody", "state": "offline"}, map[string]any{"user_id": "here", "state": "online"}}, users)
}

func testChannels(t *testing.T, s *station) {
	crowd := make([]*visitor, 5)
	for i := range crowd {
		crowd[i] = s.login(fmt.Sprint("member", i))
		crowd[i].join("plaza")
		crowd[i].join(fmt.Sprint("booth", i))
	}
	for _, limit := range []int{1, 2, 1000} {
		members := map[string]any{}
		for _, one := range s.all("/channels", "channels", limit) {
			ch := one.(map[string]any)
			members[ch["channel"].(string)] = ch["members"]
		}
		assert.EqualValues(t, 5, members["plaza"])
		for i := range crowd {
			assert.EqualValues(t, 1, members[fmt.Sprint("booth", i)])
		}
		var uids []string
		for cursor, more := "", true; more; {
			page := s.call(http.StatusOK, http.MethodGet, fmt.Sprint("/channels/plaza/members?limit=", limit, "&cursor=", cursor), nil)
			assert.EqualValues(t, 5, page["count"])
			for _, uid := range page["members"].([]any) {
				uids = append(uids, uid.(string))
			}
			cursor, more = page["next_cursor"].(string)
		}
		assert.ElementsMatch(t, []string{"member0", "member1", "member2", "member3", "member4"}, uids)
	}
	assert.Empty(t, s.call(http.StatusOK, http.MethodGet, "/channels/nowhere/members", nil)["members"])
}

func testAttributes(t *testing.T, s *station) {
	v := s.login("reader")
	v.join("board")
	const path = "/channels/board/attributes"
	shown := func() map[string]string {
		all := map[string]string{}
		for _, one := range s.call(http.StatusOK, http.MethodGet, path, nil)["attributes"].([]any) {
			a := one.(map[string]any)
			assert.Equal(t, "Server", a["writer"])
			all[a["key"].(string)] = a["value"].(string)
		}
		return all
	}
	heard := func() map[string]string {
		all := map[string]string{}
		for _, a := range await(t, v.attributes) {
			all[a.Key] = a.Value
		}
		return all
	}
	assert.Empty(t, shown())
	write := func(method string, notify bool, attributes map[string]string) {
		s.call(http.StatusOK, method, path, map[string]any{"user_id": "Server", "notify": notify, "attributes": attributes})
	}
	write(http.MethodPut, true, map[string]string{"topic": "tea", "mood": "calm"})
	assert.Equal(t, map[string]string{"topic": "tea", "mood": "calm"}, heard())
	assert.Equal(t, map[string]string{"topic": "tea", "mood": "calm"}, shown())
	write(http.MethodPatch, false, map[string]string{"topic": "coffee"}) // nobody is told
	assert.Equal(t, map[string]string{"topic": "coffee", "mood": "calm"}, shown())
	s.call(http.StatusOK, http.MethodDelete, path+"?user_id=Server&notify=true&key=mood", nil)
	assert.Equal(t, map[string]string{"topic": "coffee"}, heard(), "the change before told nobody")
	s.call(http.StatusOK, http.MethodDelete, path+"?user_id=Server", nil)
	assert.Empty(t, shown())
	big := s.call(http.StatusBadRequest, http.MethodPut, path, map[string]any{"user_id": "Server", "attributes": map[string]string{"k": strings.Repeat("x", 8193)}})
	assert.Contains(t, big["message"], "8192")
}

func testKick(t *testing.T, s *station) {
	v := s.login("rude")
	s.call(http.StatusOK, http.MethodDelete, "/sessions/rude", nil)
	v.until("ABORTED BANNED_BY_SERVER")
	assert.Equal(t, "not_online", s.call(http.StatusNotFound, http.MethodDelete, "/sessions/rude", nil)["code"])
	s.login("rude") // is let in
}

func testBan(t *testing.T, s *station) {
	v := s.login("spammer")
	before := time.Now()
	ban := s.call(http.StatusOK, http.MethodPut, "/bans/spammer", map[string]any{"seconds": 3600, "reason": "sells watches"})["ban"].(map[string]any)
	assert.InDelta(t, before.Add(time.Hour).UnixMilli(), ban["until_ms"], float64(time.Minute.Milliseconds()))
	v.until("ABORTED BANNED_BY_SERVER")
	err := s.visitor().login("spammer")
	var refused *core.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, []any{core.Unavailable, core.LoginErrRejected}, []any{refused.Class, refused.Code})
	assert.Contains(t, refused.Text, "banned until")
	assert.Equal(t, ban, s.call(http.StatusOK, http.MethodGet, "/bans/spammer", nil)["ban"])
	for i := range 4 {
		s.call(http.StatusOK, http.MethodPut, fmt.Sprint("/bans/bot", i), `{"seconds": 60}`)
	}
	for _, limit := range []int{1, 2, 1000} {
		assert.Equal(t, []string{"bot0", "bot1", "bot2", "bot3", "spammer"}, values(s.all("/bans", "bans", limit), "user_id"))
	}
	s.call(http.StatusOK, http.MethodDelete, "/bans/spammer", nil)
	assert.Equal(t, "not_banned", s.call(http.StatusNotFound, http.MethodGet, "/bans/spammer", nil)["code"])
	assert.Equal(t, "not_banned", s.call(http.StatusNotFound, http.MethodDelete, "/bans/spammer", nil)["code"])
	s.loginSoon("spammer")
	s.call(http.StatusOK, http.MethodPut, "/bans/hasty", `{"seconds": 1}`)
	require.Eventually(t, func() bool {
		return !slices.Contains(values(s.all("/bans", "bans", 1000), "user_id"), "hasty")
	}, waitLimit, 50*time.Millisecond, "it ends by itself")
	s.loginSoon("hasty")
}

// A ban holds for calls with the user's token as well; those of keys in their name go on.
func testBannedToken(t *testing.T, s *station) {
	alice := id.User{App: app, ID: "alice"}
	send := func(header, value string) int {
		r, err := http.NewRequest(http.MethodPost, s.url+base+toPeer, strings.NewReader(hello))
		require.NoError(t, err)
		r.Header.Set(header, value)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	const header = "x-agora-token"
	text := mint(t, token.V007, app, certificate, alice.ID, time.Hour)
	assert.Equal(t, http.StatusOK, send(header, text))
	require.NoError(t, s.engine.Ban(t.Context(), session.Ban{User: alice, Until: time.Now().Add(time.Hour), Made: time.Now()}))
	assert.Equal(t, http.StatusUnauthorized, send(header, text))
	assert.Equal(t, http.StatusOK, send("Authorization", basic(key, secret)))
	require.NoError(t, s.engine.Unban(t.Context(), alice))
	assert.Equal(t, http.StatusOK, send(header, text))
}

// loginSoon logs in as soon as the gateway has heard that the user may.
func (s *station) loginSoon(uid string) {
	s.t.Helper()
	require.EventuallyWithT(s.t, func(c *assert.CollectT) {
		assert.NoError(c, s.visitor().login(uid))
	}, waitLimit, 50*time.Millisecond)
}

// picture is a PNG.
func picture(t testing.TB, width, height int) []byte {
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return b.Bytes()
}

func (s *station) upload(uid, name string, content []byte) map[string]any {
	s.t.Helper()
	return s.call(http.StatusOK, http.MethodPost, "/media?user_id="+uid+"&file_name="+url.QueryEscape(name), content)["media"].(map[string]any)
}

func testMedia(t *testing.T, s *station) {
	content := picture(t, 30, 20)
	m := s.upload("painter", "still life.png", content)
	id := m["media_id"].(string)
	assert.Equal(t, []any{"IMAGE", "painter", "still life.png", float64(len(content)), 30.0, 20.0},
		[]any{m["type"], m["user_id"], m["file_name"], m["size"], m["width"], m["height"]})
	assert.Equal(t, m, s.call(http.StatusOK, http.MethodGet, "/media/"+id, nil)["media"])
	assert.Equal(t, "FILE", s.upload("painter", "", []byte("no picture"))["type"])

	path := s.call(http.StatusOK, http.MethodPost, "/media/"+id+"/url", `{"expires_in": 60, "download": "a.png"}`)["path"].(string)
	s.call(http.StatusOK, http.MethodPost, "/media/"+id+"/url", nil)
	got := fetch(t, s.url+path)
	assert.Equal(t, content, got)

	usage := s.call(http.StatusOK, http.MethodGet, "/users/painter/usage", nil)["usage"].(map[string]any)
	assert.EqualValues(t, 2*4096, usage["bytes"])
	assert.Nil(t, usage["max_bytes"])
	whole := s.call(http.StatusOK, http.MethodGet, "/usage", nil)["usage"].(map[string]any)["bytes"].(float64)
	assert.GreaterOrEqual(t, whole, usage["bytes"].(float64))

	s.call(http.StatusOK, http.MethodDelete, "/media/"+id, nil)
	for _, gone := range []func(){
		func() { s.call(http.StatusNotFound, http.MethodGet, "/media/"+id, nil) },
		func() { s.call(http.StatusNotFound, http.MethodDelete, "/media/"+id, nil) },
		func() { s.call(http.StatusNotFound, http.MethodPost, "/media/"+id+"/url", `{}`) },
	} {
		gone()
	}
	answer, err := http.Get(s.url + path)
	require.NoError(t, err)
	defer answer.Body.Close()
	assert.Equal(t, http.StatusNotFound, answer.StatusCode, "a URL of a deleted file leads nowhere")
	usage = s.call(http.StatusOK, http.MethodGet, "/users/painter/usage", nil)["usage"].(map[string]any)
	assert.EqualValues(t, 4096, usage["bytes"])
}

func fetch(t *testing.T, url string) []byte {
	answer, err := http.Get(url)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusOK, answer.StatusCode)
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return content
}

func testMediaMessages(t *testing.T, s *station) {
	v := s.login("viewer")
	v.join("gallery")
	content := picture(t, 300, 200)
	id := s.upload("Server", "sea.png", content)["media_id"].(string)
	send := func(query string, fields map[string]any) string {
		fields["media_id"] = id
		return s.call(http.StatusOK, http.MethodPost, "/users/Server/media_messages"+query, fields)["code"].(string)
	}
	thumbnail := picture(t, 30, 20)
	assert.Equal(t, "message_delivered", send("?wait_for_ack=true", map[string]any{"destination": "viewer", "description": "the sea", "thumbnail": base64.StdEncoding.EncodeToString(thumbnail)}))
	m := await(t, v.messages)
	assert.Equal(t, "Server", m.From)
	want := &wire.Message{Type: wire.Message_IMAGE, MediaId: id, FileName: "sea.png", Description: "the sea", Size: uint64(len(content)), Width: 300, Height: 200,
		Thumbnail: thumbnail, ThumbnailWidth: 30, ThumbnailHeight: 20}
	assert.Equal(t, want, m.Message)
	require.NoError(t, v.done(func(done func(*core.Error)) {
		v.Download(id, func(_, _ int64) {}, func(_ core.Blob, err *core.Error) { done(err) })
	}), "the receiver can download it")

	assert.Equal(t, "message_sent", send("", map[string]any{"channel_name": "gallery", "type": "FILE", "file_name": "other.png"}))
	m = await(t, v.messages)
	assert.Equal(t, []any{"gallery", wire.Message_FILE, "other.png"}, []any{m.Channel, m.Message.Type, m.Message.FileName})
	assert.Equal(t, "message_offline", send("?wait_for_ack=true", map[string]any{"destination": "away", "enable_offline_messaging": true}))
	late := s.login("away")
	m = await(t, late.messages)
	assert.True(t, m.Offline)
	assert.Equal(t, id, m.Message.MediaId)

	bad := func(status int, fields map[string]any) any {
		return s.call(status, http.MethodPost, "/users/Server/media_messages", fields)["message"]
	}
	assert.Contains(t, bad(http.StatusNotFound, map[string]any{"media_id": "0" + strings.Repeat("a", 64) + "1z1z5", "destination": "viewer"}), "no such media")
	assert.Contains(t, bad(http.StatusBadRequest, map[string]any{"media_id": id, "destination": "viewer", "channel_name": "gallery"}), "exclude")
	assert.Contains(t, bad(http.StatusBadRequest, map[string]any{"media_id": id, "destination": "viewer", "type": "VIDEO"}), "IMAGE or FILE")
	assert.Contains(t, bad(http.StatusBadRequest, map[string]any{"media_id": id, "destination": "viewer", "thumbnail": "AAAA"}), "thumbnail")
	assert.Contains(t, bad(http.StatusBadRequest, map[string]any{"media_id": id, "destination": "viewer", "description": strings.Repeat("x", 32769)}), "32768")
}

func testControlCallers(t *testing.T, s *station) {
	s.callAs(boundKey, http.StatusUnauthorized, http.MethodGet, "/sessions", nil) // of another app
	s.callAs("unknown", http.StatusUnauthorized, http.MethodGet, "/sessions", nil)
	r, err := http.NewRequest(http.MethodGet, s.url+rest.ControlPrefix+app+"/sessions/alice", nil)
	require.NoError(t, err)
	r.Header.Set("x-agora-token", mint(t, token.V007, app, certificate, "alice", time.Hour))
	r.Header.Set("x-agora-uid", "alice")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	assert.Equal(t, http.StatusUnauthorized, answer.StatusCode, "a user's token does not do")
}

func testControlInput(t *testing.T, s *station) {
	for path, says := range map[string]string{
		"/sessions?limit=0": "limit", "/sessions?limit=1001": "limit", "/sessions?cursor=-": "cursor", "/bans?cursor=%21": "cursor",
		"/presence": "user_id", "/presence?user_id=" + strings.Repeat("x", 65): "user_id", "/channels/" + strings.Repeat("x", 65) + "/members": "channel",
	} {
		assert.Contains(t, s.call(http.StatusBadRequest, http.MethodGet, path, nil)["message"], says, path)
	}
	for body, says := range map[string]string{`{}`: "seconds", `{"seconds":0}`: "seconds", `{"seconds":"x"}`: "seconds", `[]`: "object", `{"seconds":5,"reason":{}}`: "reason"} {
		assert.Contains(t, s.call(http.StatusBadRequest, http.MethodPut, "/bans/x", body)["message"], says, body)
	}
	for body, says := range map[string]string{`{}`: "user_id", `{"user_id":"a"}`: "attributes", `{"user_id":"a","attributes":{"k":1}}`: "attributes", `{"user_id":"a","attributes":{}}`: "attribute"} {
		assert.Contains(t, s.call(http.StatusBadRequest, http.MethodPut, "/channels/x/attributes", body)["message"], says, body)
	}
	assert.Contains(t, s.call(http.StatusBadRequest, http.MethodPost, "/media?user_id=a", nil)["message"], "empty")
	assert.Contains(t, s.call(http.StatusBadRequest, http.MethodPost, "/media", []byte("x"))["message"], "user_id")
	s.call(http.StatusRequestEntityTooLarge, http.MethodPost, "/media?user_id=a", make([]byte, core.MaxMediaBytes+1))
	for _, path := range []string{"", "/", "/nothing", "/sessions/a/b", "/media/x/urls"} {
		r, err := http.NewRequest(http.MethodGet, s.url+controlBase+path, nil)
		require.NoError(t, err)
		r.SetBasicAuth(key, secret)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_ = answer.Body.Close()
		assert.Equal(t, http.StatusNotFound, answer.StatusCode, path)
	}
	r, err := http.NewRequest(http.MethodPost, s.url+controlBase+"/sessions/a", nil)
	require.NoError(t, err)
	r.SetBasicAuth(key, secret)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	_ = answer.Body.Close()
	assert.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode)
	assert.Equal(t, "GET, DELETE", answer.Header.Get("Allow"))
}
