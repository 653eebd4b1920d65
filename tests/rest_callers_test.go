package tests

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/token"
)

// restCall is a call for the programs of tests/backend.
type restCall struct {
	name   string
	status int
	code   string

	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// callers make calls as backends of several kinds do.
var callers = map[string]func(t *testing.T, calls []restCall) []restAnswer{
	"fetch of Node":         byProgram("node", "fetch"),
	"http of Node":          byProgram("node", "http"),
	"urllib of Python":      byProgram("python3", "urllib"),
	"http.client of Python": byProgram("python3", "http.client"),
	"curl":                  byCurl,
}

func byProgram(program, how string) func(*testing.T, []restCall) []restAnswer {
	return func(t *testing.T, calls []restCall) (answers []restAnswer) {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed: install it to run this test")
		}
		list, err := json.Marshal(calls)
		require.NoError(t, err)
		script := map[string]string{"node": "backend/call.mjs", "python3": "backend/call.py"}[program]
		var complaints bytes.Buffer
		cmd := exec.CommandContext(t.Context(), program, script, how, string(list))
		cmd.Stderr = &complaints
		out, err := cmd.Output()
		require.NoError(t, err, complaints.String())
		require.NoError(t, json.Unmarshal(out, &answers))
		return answers
	}
}

func byCurl(t *testing.T, calls []restCall) (answers []restAnswer) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed: install it to run this test")
	}
	for _, c := range calls {
		args := []string{"-s", "-i", "-X", c.Method, "--path-as-is", c.URL}
		for name, value := range c.Headers {
			args = append(args, "-H", name+": "+value)
		}
		if c.Body != "" {
			args = append(args, "--data-binary", c.Body)
		}
		out, err := exec.CommandContext(t.Context(), "curl", args...).Output()
		require.NoError(t, err)
		head, body, _ := strings.Cut(string(out), "\r\n\r\n")
		a := restAnswer{Headers: map[string]string{}, Body: body}
		_, err = fmt.Sscanf(head, "HTTP/1.1 %d", &a.Status)
		require.NoError(t, err)
		for _, line := range strings.Split(head, "\r\n")[1:] {
			name, value, _ := strings.Cut(line, ": ")
			a.Headers[strings.ToLower(name)] = value
		}
		answers = append(answers, a)
	}
	return answers
}

// Each kind of caller, with each form of credentials, at each endpoint that sends.
func testRESTCallers(t *testing.T, program string) {
	g, b := serveREST(t, program, "--rest-event-users", "poller", "--rest-event-rate", "1000")
	bob := pageLogin(t, g.url, "bob")
	good := "Basic " + base64.StdEncoding.EncodeToString([]byte(restKey+":"+restSecret))
	alice6, alice7 := restToken(t, token.V006, "alice", time.Hour), restToken(t, token.V007, "alice", time.Hour)
	const peer, hall = "/rtm/users/alice/peer_messages", "/rtm/users/alice/channel_messages"
	toBob, toHall := `{"destination":"bob","payload":"hello"}`, `{"channel_name":"hall","payload":"hello"}`
	type h = map[string]string
	const times = `"start_time":"2026-01-02T03:04:05Z","end_time":"2026-01-02T03:04:06Z"`
	const count = "/rtm/message/history/count?"
	location := b.query(`{"filter":{"source":"nobody",` + times + `}}`)
	calls := []restCall{
		{"history query", 200, "", "POST", "/rtm/message/history/query", h{"Authorization": good, "Content-Type": "application/json"}, `{"filter":{"source":"alice",` + times + `},"limit":20,"order":"desc"}`},
		{"history query by token", 200, "", "POST", "/rtm/message/history/query", h{"x-agora-token": alice6, "x-agora-uid": "alice"}, `{"filter":{"destination":"hall",` + times + `}}`},
		{"history read", 200, "ok", "GET", location, h{"Authorization": good}, ""},
		{"history read without credentials", 401, "unauthorized", "GET", location, h{}, ""},
		{"history read of another's query", 401, "unauthorized", "GET", location, h{"x-agora-token": alice6, "x-agora-uid": "alice"}, ""},
		{"history read too late", 410, "query_expired", "GET", "/rtm/message/history/query/nonsense", h{"Authorization": good}, ""},
		{"history count", 200, "ok", "GET", count + "&source=%22alice%22&start_time=2026-01-02T03:04:05Z&end_time=2026-01-02T03:04:06Z", h{"Authorization": good}, ""},
		{"history count of nobody", 400, "invalid_parameter", "GET", count + "start_time=2026-01-02T03:04:05Z&end_time=2026-01-02T03:04:06Z", h{"Authorization": good}, ""},
		{"basic", 200, "message_sent", "POST", peer, h{"Authorization": good, "Content-Type": "application/json;charset=utf-8"}, toBob},
		{"token 006", 200, "message_sent", "POST", peer, h{"x-agora-token": alice6, "x-agora-uid": "alice", "Content-Type": "application/json"}, toBob},
		{"token 007", 200, "message_sent", "POST", peer, h{"x-agora-token": alice7, "x-agora-uid": "alice", "Content-Type": "text/plain"}, toBob},
		{"agora token", 200, "message_sent", "POST", peer, h{"Authorization": "agora token=" + alice7, "Content-Type": "application/json"}, toBob},
		{"agora token in quotes", 200, "message_sent", "POST", peer, h{"Authorization": `agora token="` + alice7 + `"`}, toBob},
		{"all headers at once", 200, "message_sent", "POST", peer, h{"Authorization": "agora token=" + alice7, "x-agora-token": alice7, "x-agora-uid": "alice"}, toBob},
		{"basic and a stale token", 200, "message_sent", "POST", peer, h{"Authorization": good, "x-agora-token": restToken(t, token.V006, "alice", -time.Second), "x-agora-uid": "alice"}, toBob},
		{"acknowledged", 200, "message_delivered", "POST", peer + "?wait_for_ack=true", h{"Authorization": good}, toBob},
		{"a flag as PHP sends it", 200, "message_delivered", "POST", peer + "?wait_for_ack=1", h{"Authorization": good}, toBob},
		{"an empty flag", 200, "message_sent", "POST", peer + "?wait_for_ack=", h{"Authorization": good}, toBob},
		{"offline", 200, "message_offline", "POST", peer + "?wait_for_ack=true", h{"Authorization": good}, `{"destination":"carol","payload":"x","custom_type":"y"}`},
		{"a blank at the end", 200, "message_sent", "POST", peer + "%20", h{"Authorization": good}, toBob},
		{"channel", 200, "message_sent", "POST", hall, h{"Authorization": good, "Content-Type": "application/json"}, toHall},
		{"channel by token", 200, "message_sent", "POST", hall, h{"x-agora-token": alice6, "x-agora-uid": "alice"}, toHall},
		{"as any user", 200, "message_sent", "POST", "/rtm/users/-/peer_messages", h{"Authorization": good}, toBob},
		{"user events", 200, "", "GET", "/rtm/vendor/user_events", h{"Authorization": good}, ""},
		{"channel events", 200, "", "GET", "/rtm/vendor/channel_events", h{"Authorization": good, "Accept": "application/json"}, ""},
		{"events by a user's token", 401, "unauthorized", "GET", "/rtm/vendor/user_events", h{"x-agora-token": alice6, "x-agora-uid": "alice"}, ""},
		{"events of a poller", 200, "", "GET", "/rtm/vendor/channel_events", h{"x-agora-token": restToken(t, token.V006, "poller", time.Hour), "x-agora-uid": "poller"}, ""},
		{"no credentials", 401, "unauthorized", "POST", peer, h{}, toBob},
		{"wrong secret", 401, "unauthorized", "POST", peer, h{"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(restKey+":s3cret-of-backenD"))}, toBob},
		{"expired", 401, "unauthorized", "POST", peer, h{"Authorization": "agora token=" + restToken(t, token.V007, "alice", -time.Second)}, toBob},
		{"another's token", 401, "unauthorized", "POST", "/rtm/users/bob/peer_messages", h{"Authorization": "agora token=" + alice7}, `{"destination":"alice","payload":"x"}`},
		{"no destination", 400, "invalid_parameter", "POST", peer, h{"Authorization": good}, `{"payload":"x"}`},
		{"no JSON", 400, "invalid_parameter", "POST", peer, h{"Authorization": good}, `destination=bob`},
		{"destination for a channel", 400, "invalid_parameter", "POST", hall, h{"Authorization": good}, toBob},
		{"no such path", 404, "not_found", "POST", "/rtm/users/alice/nonsense", h{"Authorization": good}, toBob},
		{"wrong method", 405, "method_not_allowed", "GET", peer, h{"Authorization": good}, ""},
	}
	for i := range calls {
		calls[i].URL = g.url + restBase + calls[i].URL
	}
	for name, call := range callers {
		t.Run(name, func(t *testing.T) {
			answers := call(t, calls)
			require.Len(t, answers, len(calls))
			ids := map[any]bool{}
			for i, c := range calls {
				f := answers[i].fields(t)
				assert.Equal(t, c.status, answers[i].Status, "%s: %v", c.name, f)
				if c.code != "" {
					assert.Equal(t, c.code, f["code"], c.name)
				}
				assert.Equal(t, f["request_id"], answers[i].Headers["x-request-id"], c.name)
				assert.False(t, ids[f["request_id"]], "request ids differ")
				ids[f["request_id"]] = true
				if c.status == http.StatusOK && strings.Contains(c.Body, `"bob"`) {
					assert.Contains(t, next(t, bob.texts), ": hello")
				}
			}
		})
	}
	log := g.text()
	assert.Contains(t, log, `by="key backend"`)
	for _, secret := range []string{restSecret, alice6, alice7, good} {
		assert.NotContains(t, log, secret)
	}
}
