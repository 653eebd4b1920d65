package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/token"
	"rtmwasm/native"
)

// control makes a call of the control API that must have this status.
func (b *backend) control(status int, method, path string, body []byte) map[string]any {
	b.t.Helper()
	return b.controlIn(b.t, status, method, path, body)
}

// controlIn is control where another than the test is told of a failure, as EventuallyWithT needs it.
func (b *backend) controlIn(t require.TestingT, status int, method, path string, body []byte) map[string]any {
	r, err := http.NewRequest(method, b.url+"/v1/apps/"+pageApp+path, bytes.NewReader(body))
	require.NoError(t, err)
	r.SetBasicAuth(restKey, restSecret)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, status, answer.StatusCode, "%s %s: %s", method, path, text)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	return fields
}

// listed are the values of a field in a list that has one page.
func listed(all any, field string) (texts []string) {
	for _, one := range all.([]any) {
		texts = append(texts, fmt.Sprint(one.(map[string]any)[field]))
	}
	return texts
}

// whyEnded waits until a client is cut off, and returns in which state that leaves it.
func whyEnded(t *testing.T, h *heard) core.State {
	t.Helper()
	for {
		if s := next(t, h.states); s != core.Connecting && s != core.Connected {
			return s
		}
	}
}

// loginCode tries to log in and returns the code of the refusal, 0 for a login.
func loginCode(url, uid, text string) int {
	m := &member{host: native.NewHost(), states: make(chan core.State, 100)}
	m.Client = core.New(pageApp, url, m.host, m)
	defer m.host.CloseIdle()
	refused := make(chan int, 1)
	m.host.Do(func() {
		m.Login(uid, text, func(err *core.Error) {
			if err == nil {
				refused <- 0
				return
			}
			refused <- err.Code
		})
	})
	code := <-refused
	m.host.Do(func() { _ = m.LogoutNow() })
	return code
}

// Whichever gateway of a cluster is asked, it knows and reaches the users of all.
func TestClusterControl(t *testing.T) {
	t.Parallel()
	c, program := startCluster(t), buildGateway(t)
	backends, gateways, users := serveClusterREST(t, program, c, "--rest-control-rate", "1000")
	both := []string{"user0", "user1"}
	for _, b := range backends {
		require.EventuallyWithT(t, func(ct *assert.CollectT) { // a replica may lag, and a client may be late
			get := func(path string) map[string]any { return b.controlIn(ct, http.StatusOK, http.MethodGet, path, nil) }
			assert.ElementsMatch(ct, both, listed(get("/sessions")["sessions"], "user_id"))
			assert.ElementsMatch(ct, both, get("/channels/hall/members")["members"])
			assert.Equal(ct, []string{"2"}, listed(get("/channels")["channels"], "members"))
			assert.Equal(ct, []string{"online", "online"}, listed(get("/presence?user_id=user0&user_id=user1")["users"], "state"))
		}, waitLimit, 50*time.Millisecond)
		for _, uid := range both {
			b.control(http.StatusOK, http.MethodGet, "/sessions/"+uid, nil)
		}
	}
	t.Run("media", func(t *testing.T) {
		for i, b := range backends {
			other := backends[1-i]
			media := b.control(http.StatusOK, http.MethodPost, "/media?user_id=Server&file_name=a.txt", []byte("from one gateway"))["media"].(map[string]any)
			id := media["media_id"].(string)
			for _, u := range users {
				other.control(http.StatusOK, http.MethodPost, "/users/Server/media_messages", []byte(`{"destination":"`+u.UID()+`","media_id":"`+id+`"}`))
				got := next(t, u.got).Message
				assert.Equal(t, []any{wire.Message_FILE, id, "a.txt"}, []any{got.Type, got.MediaId, got.FileName})
			}
			path := b.control(http.StatusOK, http.MethodPost, "/media/"+id+"/url", nil)["path"].(string)
			fetched := func() int {
				answer, err := http.Get(other.url + path)
				require.NoError(t, err)
				_ = answer.Body.Close()
				return answer.StatusCode
			}
			assert.Equal(t, http.StatusOK, fetched())
			other.control(http.StatusOK, http.MethodDelete, "/media/"+id, nil)
			assert.Equal(t, http.StatusNotFound, fetched())
		}
	})
	t.Run("kick", func(t *testing.T) {
		backends[1].control(http.StatusOK, http.MethodDelete, "/sessions/user0", nil)
		assert.Equal(t, core.Aborted, whyEnded(t, users[0]))
		assert.Equal(t, 0, loginCode(gateways[0].url, "user0", restToken(t, token.V007, "user0", time.Hour)), "a kick is no ban")
	})
	t.Run("ban", func(t *testing.T) {
		ban := backends[0].control(http.StatusOK, http.MethodPut, "/bans/user1", []byte(`{"seconds":3600}`))["ban"]
		assert.Equal(t, core.Aborted, whyEnded(t, users[1]))
		may := func(g *service) int {
			return loginCode(g.url, "user1", restToken(t, token.V007, "user1", time.Hour))
		}
		for i, g := range gateways {
			require.Eventually(t, func() bool { return may(g) == core.LoginErrRejected }, waitLimit, 50*time.Millisecond)
			assert.Equal(t, ban, backends[i].control(http.StatusOK, http.MethodGet, "/bans/user1", nil)["ban"])
		}
		g, b := serveREST(t, program, "--nats", strings.Join(c.URLs(), ","), "--media", c.Dir+"/media")
		assert.Equal(t, core.LoginErrRejected, may(g), "one that starts later knows of it from its start")
		assert.Equal(t, []string{"user1"}, listed(b.control(http.StatusOK, http.MethodGet, "/bans", nil)["bans"], "user_id"))
		b.control(http.StatusOK, http.MethodDelete, "/bans/user1", nil)
		for _, g := range append(gateways, g) {
			require.Eventually(t, func() bool { return may(g) == 0 }, waitLimit, 50*time.Millisecond)
		}
	})
}
