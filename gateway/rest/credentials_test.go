package rest_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/token"
)

const (
	toPeer    = "/rtm/users/alice/peer_messages"
	toChannel = "/rtm/users/alice/channel_messages"
	hello     = `{"destination":"bob","payload":"hello"}`
	toHall    = `{"channel_name":"hall","payload":"hello"}`
)

// Each form of credentials, alone and beside others, lets in whom it should.
func TestWhoMayCall(t *testing.T) {
	h := newHouse(t)
	alice6, alice7 := mint(t, token.V006, app, certificate, "alice", time.Hour), mint(t, token.V007, app, certificate, "alice", time.Hour)
	bob6, bob7 := mint(t, token.V006, app, certificate, "bob", time.Hour), mint(t, token.V007, app, certificate, "bob", time.Hour)
	other := mint(t, token.V007, otherApp, "11111111111111111111111111111111", "alice", time.Hour)
	forged := mint(t, token.V007, app, strings.Repeat("2", 32), "alice", time.Hour)
	good := basic(key, secret)
	for name, c := range map[string]struct {
		header []string
		status int
	}{
		"nothing":                         {nil, 401},
		"basic":                           {[]string{"Authorization", good}, 200},
		"basic in capitals":               {[]string{"Authorization", strings.Replace(good, "Basic", "BASIC", 1)}, 200},
		"basic with blanks":               {[]string{"Authorization", strings.Replace(good, "Basic ", "Basic   ", 1)}, 200},
		"basic for this app":              {[]string{"Authorization", basic(boundKey, secret)}, 200},
		"wrong secret":                    {[]string{"Authorization", basic(key, "s3cret-of-backenD")}, 401},
		"wrong id":                        {[]string{"Authorization", basic("Backend", secret)}, 401},
		"app id and certificate":          {[]string{"Authorization", basic(app, certificate)}, 401},
		"no word basic":                   {[]string{"Authorization", strings.TrimPrefix(good, "Basic ")}, 401},
		"no base64":                       {[]string{"Authorization", "Basic %%%"}, 401},
		"006":                             {[]string{"x-agora-token", alice6, "x-agora-uid", "alice"}, 200},
		"007":                             {[]string{"x-agora-token", alice7, "x-agora-uid", "alice"}, 200},
		"007 without uid":                 {[]string{"x-agora-token", alice7}, 200},
		"006 without uid":                 {[]string{"x-agora-token", alice6}, 200},
		"agora token 007":                 {[]string{"Authorization", "agora token=" + alice7}, 200},
		"agora token 006":                 {[]string{"Authorization", "agora token=" + alice6}, 200},
		"agora token quoted":              {[]string{"Authorization", `agora token="` + alice7 + `"`}, 200},
		"agora token with blanks":         {[]string{"Authorization", `Agora Token = ` + alice7 + ` `}, 200},
		"agora token and uid":             {[]string{"Authorization", "agora token=" + alice7, "x-agora-uid", "alice"}, 200},
		"all at once":                     {[]string{"Authorization", "agora token=" + alice7, "x-agora-token", alice7, "x-agora-uid", "alice"}, 200},
		"broken basic and a token":        {[]string{"Authorization", strings.TrimPrefix(good, "Basic "), "x-agora-token", alice6, "x-agora-uid", "alice"}, 200},
		"basic and a broken token":        {[]string{"Authorization", good, "x-agora-token", "nonsense", "x-agora-uid", "alice"}, 200},
		"basic and another's token":       {[]string{"Authorization", good, "x-agora-token", bob6, "x-agora-uid", "bob"}, 200},
		"another's token":                 {[]string{"x-agora-token", bob6, "x-agora-uid", "bob"}, 401},
		"another's token 007":             {[]string{"Authorization", "agora token=" + bob7}, 401},
		"another's token, said to be own": {[]string{"x-agora-token", bob7, "x-agora-uid", "alice"}, 401},
		"own token, another's uid":        {[]string{"x-agora-token", alice7, "x-agora-uid", "bob"}, 401},
		"of another app":                  {[]string{"x-agora-token", other, "x-agora-uid", "alice"}, 401},
		"signed by nobody":                {[]string{"x-agora-token", forged, "x-agora-uid", "alice"}, 401},
		"expired":                         {[]string{"x-agora-token", mint(t, token.V007, app, certificate, "alice", -time.Second), "x-agora-uid", "alice"}, 401},
		"expired 006":                     {[]string{"x-agora-token", mint(t, token.V006, app, certificate, "alice", -time.Second), "x-agora-uid", "alice"}, 401},
		"empty token":                     {[]string{"x-agora-token", "", "x-agora-uid", "alice"}, 401},
		"agora token empty":               {[]string{"Authorization", "agora token=", "x-agora-uid", "alice"}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			got := h.call(http.MethodPost, base+toPeer, hello, c.header...)
			assert.Equal(t, c.status, got.status, "%v", got.fields)
		})
	}
}

// Where anybody may log in a token proves nothing: such apps are called with keys alone.
func TestTokensOfAppsThatCheckNone(t *testing.T) {
	signed := mint(t, token.V007, openApp, certificate, "alice", time.Hour)
	for kind, apps := range map[string]rest.Apps{"without a certificate": nil, "development": gateway.Development{}} {
		h := newHouse(t, func(c *rest.Config) {
			c.Events, c.EventReaders = &queue{}, []string{"alice"}
			if apps != nil {
				c.Apps = apps
			}
		})
		for _, header := range [][]string{
			{},
			{"Authorization", "agora token="},
			{"Authorization", `agora token=""`},
			{"Authorization", "agora token=", "x-agora-uid", "alice"},
			{"Authorization", "agora token=anything", "x-agora-uid", "alice"},
			{"Authorization", "agora token=" + signed},
			{"x-agora-token", "", "x-agora-uid", "alice"},
			{"x-agora-token", `""`, "x-agora-uid", "alice"},
			{"x-agora-token", "anything", "x-agora-uid", "alice"},
			{"x-agora-token", signed, "x-agora-uid", "alice"},
		} {
			project := rest.Prefix + "project/" + openApp
			assert.Equal(t, 401, h.call(http.MethodPost, project+toPeer, hello, header...).status, "%s: %q", kind, header)
			assert.Equal(t, 401, h.call(http.MethodGet, project+userEvents, "", header...).status, "%s: %q", kind, header)
		}
		assert.Empty(t, h.bus.peers)
		assert.Equal(t, 200, h.call(http.MethodPost, rest.Prefix+"project/"+openApp+toPeer, hello, "Authorization", basic(key, secret)).status, kind)
	}
}

// A key is for the apps that it is for, and whether an app exists is told to nobody else.
func TestAppsAreApart(t *testing.T) {
	h := newHouse(t)
	at := func(app, id string) answer {
		return h.call(http.MethodPost, rest.Prefix+"project/"+app+toPeer, hello, "Authorization", basic(id, secret))
	}
	assert.Equal(t, 200, at(otherApp, key).status)
	assert.Equal(t, 200, at(openApp, key).status)
	refused := at(otherApp, boundKey)
	unknown := at(strings.Repeat("9", 32), key)
	noID := at("nonsense", key)
	for _, a := range []answer{refused, unknown, noID} {
		assert.Equal(t, 401, a.status)
		delete(a.fields, "request_id")
	}
	assert.Equal(t, refused.fields, unknown.fields)
	assert.Equal(t, refused.fields, noID.fields)
	assert.Contains(t, h.log.String(), "the gateway does not serve the app id")
}

// No line of the log has a secret, a token or a payload.
func TestLogHasNoSecrets(t *testing.T) {
	h := newHouse(t)
	alice := mint(t, token.V007, app, certificate, "alice", time.Hour)
	h.post(toPeer, `{"destination":"bob","payload":"the payload"}`)
	h.call(http.MethodPost, base+toPeer, hello, "x-agora-token", alice, "x-agora-uid", "alice")
	h.call(http.MethodPost, base+toPeer, hello, "Authorization", basic(key, "wrong-secret-1234"))
	log := h.log.String()
	require.Equal(t, 3, strings.Count(log, "rest call"))
	for _, secret := range []string{secret, alice, "the payload", "wrong-secret", strings.TrimPrefix(basic(key, secret), "Basic ")} {
		assert.NotContains(t, log, secret)
	}
	for _, said := range []string{`by="key backend"`, `by="user alice"`, "by=nobody", "to=bob", "from=alice", "status=200", "status=401", "endpoint=peer_messages"} {
		assert.Contains(t, log, said)
	}
}

// Whoever has no credentials can't fill the log, whatever they call. Each call of others is in it.
func TestNobodyFillsTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so time stands still
		apps := &gateway.Apps{}
		require.NoError(t, apps.Add(app, certificate))
		for name, keys := range map[string][]rest.Key{"on": {{ID: key, Secret: secret}}, "off": nil} {
			log := &lines{}
			handler, err := rest.New(rest.Config{Apps: apps, Bus: &bus{}, Keys: keys, Logger: slog.New(slog.NewTextHandler(log, nil))})
			require.NoError(t, err)
			call := func(method, path string, change ...func(*http.Request)) int {
				r, w := httptest.NewRequest(method, path, strings.NewReader(hello)), httptest.NewRecorder()
				for _, c := range change {
					c(r)
				}
				handler.ServeHTTP(w, r)
				return w.Code
			}
			for range 100 {
				require.Contains(t, []int{401, 404}, call(http.MethodPost, base+toPeer))
				require.Equal(t, 404, call(http.MethodGet, rest.Prefix+"nothing"))
				require.Contains(t, []int{404, 405}, call(http.MethodPut, base+toPeer))
			}
			assert.Equal(t, 100, strings.Count(log.String(), "rest call"), name)
			if keys == nil {
				continue
			}
			for range 150 {
				require.Equal(t, 200, call(http.MethodPost, base+toPeer, func(r *http.Request) { r.SetBasicAuth(key, secret) }))
			}
			assert.Equal(t, 250, strings.Count(log.String(), "rest call"))
		}
	})
}

func TestParseKey(t *testing.T) {
	k, err := rest.ParseKey("a:0123456789abcdef")
	require.NoError(t, err)
	assert.Equal(t, rest.Key{ID: "a", Secret: "0123456789abcdef"}, k)
	k, err = rest.ParseKey("a:0123456789abcdef@" + app)
	require.NoError(t, err)
	assert.Equal(t, rest.Key{ID: "a", Secret: "0123456789abcdef", App: app}, k)
	for _, text := range []string{"", "a", ":0123456789abcdef", "a:0123456789abcdef@", "a:0123456789abcdef@nonsense", "a b:0123456789abcdef", "a:0123456789abcde", "a:0123456789abcde:"} {
		_, err := rest.ParseKey(text)
		if assert.Error(t, err, text) && len(text) > 10 {
			assert.NotContains(t, err.Error(), "secret-", "no part of the secret")
			assert.NotContains(t, err.Error(), "0123456789")
		}
	}
}
