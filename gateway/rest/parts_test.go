package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/history"
)

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"/dev/v2/project/a/rtm/users/b/peer_messages", "/dev/v2/project/%zz/rtm/users/%2f/channel_messages%20", "/dev/v2/project/", "/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got, found := parsePath(path)
		if !found {
			return
		}
		assert.NotEmpty(t, got.endpoint)
		assert.NotEmpty(t, got.method)
		if got.endpoint != PeerMessages && got.endpoint != ChannelMessages {
			return
		}
		again, found := parsePath(Prefix + "project/" + url.PathEscape(got.app) + "/rtm/users/" + url.PathEscape(got.uid) + "/" + got.endpoint)
		assert.True(t, found)
		assert.Equal(t, got, again)
	})
}

func FuzzCredentials(f *testing.F) {
	f.Add("Basic YTpi", "007abc", "alice")
	f.Add(`agora token="006x"`, "", "")
	f.Add("agora token = \"", "\"", " ")
	f.Fuzz(func(t *testing.T, authorization, token, uid string) {
		h := http.Header{}
		h.Set("Authorization", authorization)
		h.Set("x-agora-token", token)
		h.Set("x-agora-uid", uid)
		c := credentialsOf(h)
		assert.LessOrEqual(t, len(c.tokens)+len(c.basic), 2)
		for _, text := range c.tokens {
			assert.Equal(t, strings.TrimSpace(text), text)
		}
	})
}

// A text that is taken is what JSON says it is, without a character put in place of another.
func FuzzFields(f *testing.F) {
	for _, s := range []string{`{"payload":"x"}`, `{"payload":"\ud83d\ude00"}`, `{"payload":"\ud83d"}`, `{"payload":"\\ud83d\u00e9"}`, `{"payload":12}`, "{\"payload\":\"\xff\"}", `{}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fields, err := parseFields(body)
		if err != nil {
			return
		}
		if _, err := fields.flag("payload"); err == nil {
			assert.True(t, utf8.Valid(fields["payload"]))
		}
		_, _ = fields.identifier("payload")
		text, err := fields.text("payload")
		if err != nil {
			return
		}
		assert.True(t, utf8.ValidString(text))
		if strings.ContainsRune(text, utf8.RuneError) { // it was there, as itself or escaped
			raw := strings.ToLower(string(fields["payload"]))
			assert.True(t, strings.ContainsRune(raw, utf8.RuneError) || strings.Contains(raw, `\ufffd`), raw)
		}
		encoded, err := json.Marshal(map[string]string{"payload": text})
		assert.NoError(t, err)
		again, err := parseFields(encoded)
		assert.NoError(t, err)
		same, err := again.text("payload")
		assert.NoError(t, err)
		assert.Equal(t, text, same)
	})
}

// A handle that is taken is that of a query that could have been made.
func FuzzHandle(f *testing.F) {
	q := query{Filter: history.Filter{App: "a", From: "b", End: 5}, Limit: 20, Ends: 1000}
	handle, err := q.handle()
	assert.NoError(f, err)
	f.Add(handle)
	f.Add("e30")
	f.Add("")
	f.Fuzz(func(t *testing.T, handle string) {
		q, ok := parseHandle(handle, "a", time.Unix(900, 0))
		if !ok {
			return
		}
		assert.NoError(t, checkFilter(q.Filter))
		again, err := q.handle()
		assert.NoError(t, err)
		same, ok := parseHandle(again, "a", time.Unix(900, 0))
		assert.True(t, ok)
		assert.Equal(t, q, same)
	})
}

func FuzzQuery(f *testing.F) {
	f.Add(`{"filter":{"source":"a","start_time":"2026-01-02T03:04:05Z","end_time":"2026-01-02 03:04:05.5"},"limit":"5"}`)
	f.Add(`{"filter":{"destination":5},"offset":1e9,"order":"desc"}`)
	f.Fuzz(func(t *testing.T, text string) {
		body, err := parseFields([]byte(text))
		if err != nil {
			return
		}
		q, order, err := parseQuery(body, "a")
		if err != nil {
			return
		}
		assert.Equal(t, order == descending, q.NewestFirst)
		assert.NoError(t, checkFilter(q.Filter))
		assert.True(t, 1 <= q.Limit && q.Limit <= maxLimit && q.Offset >= 0)
	})
}

// One app's searches leave room for those of others.
func TestSearchesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSearches()
		var left []func()
		for range maxAppSearches {
			leave, err := s.enter(t.Context(), "a")
			require.NoError(t, err)
			left = append(left, leave)
		}
		waited := make(chan error)
		go func() {
			leave, err := s.enter(t.Context(), "a")
			leave()
			waited <- err
		}()
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.enter(short, "a")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		leave, err := s.enter(t.Context(), "b")
		require.NoError(t, err, "of another app")
		leave()
		for _, leave := range left {
			leave()
		}
		require.NoError(t, <-waited)
		assert.Empty(t, s.byApp)
		assert.Empty(t, s.all)
	})
}
