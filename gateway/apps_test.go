package gateway_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/token"
)

const (
	certificateA = "fedcba9876543210fedcba9876543210"
	openApp      = "cccccccccccccccccccccccccccccccc" // in App-ID mode
)

// guarded serves appA with tokens and openApp without.
func guarded(t *testing.T) func(*gateway.Config) {
	apps := &gateway.Apps{}
	require.NoError(t, apps.Add(appA, certificateA))
	require.NoError(t, apps.Add(openApp, ""))
	return func(c *gateway.Config) { c.Authorizer = apps }
}

// tokenFor mints a token that was issued some time ago.
func tokenFor(t *testing.T, uid string, ago, validity time.Duration) string {
	t.Helper()
	text, err := token.Mint(token.V007, token.Grant{
		App: appA, Certificate: certificateA, UID: uid, Issued: time.Now().Add(-ago), Validity: validity,
	})
	require.NoError(t, err)
	return text
}

func helloWith(app, uid, token string) *wire.Hello {
	h := hello(app, uid)
	h.Token = token
	return h
}

func TestTokensAreRequired(t *testing.T) {
	h := newHouse(t, nil, guarded(t))
	good := tokenFor(t, "ada", 0, time.Hour)
	old, err := token.Mint(token.V006, token.Grant{App: appA, Certificate: certificateA, UID: "ada", Issued: time.Now(), Validity: time.Hour})
	require.NoError(t, err)
	forged, err := token.Mint(token.V007, token.Grant{App: appA, Certificate: openApp, UID: "ada", Issued: time.Now(), Validity: time.Hour})
	require.NoError(t, err)
	const none = -1
	for _, c := range []struct {
		name  string
		hello *wire.Hello
		want  wire.Refusal_Reason
		code  uint32
	}{
		{"007", helloWith(appA, "ada", good), none, 0},
		{"006", helloWith(appA, "ada", old), none, 0},
		{"App-ID mode", helloWith(openApp, "ada", ""), none, 0},
		{"unknown app", helloWith(appB, "ada", good), wire.Refusal_UNKNOWN_APP, 5},
		{"unknown app, no token", helloWith(appB, "ada", ""), wire.Refusal_UNKNOWN_APP, 5},
		{"no token", helloWith(appA, "ada", ""), wire.Refusal_INVALID_TOKEN, 15},
		{"garbage", helloWith(appA, "ada", "007garbage"), wire.Refusal_INVALID_TOKEN, 9},
		{"another certificate", helloWith(appA, "ada", forged), wire.Refusal_INVALID_TOKEN, 9},
		{"expired", helloWith(appA, "ada", tokenFor(t, "ada", time.Minute, time.Second)), wire.Refusal_TOKEN_EXPIRED, 10},
		{"another user", helloWith(appA, "bob", good), wire.Refusal_UID_MISMATCH, 7},
		{"another user, 006", helloWith(appA, "bob", old), wire.Refusal_UID_MISMATCH, 7},
		{"a token in App-ID mode", helloWith(openApp, "ada", good), wire.Refusal_INVALID_TOKEN, 14},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, f := h.knock(c.hello)
			if c.want == none {
				require.NotNil(t, f.Welcome, "%v", f.Refusal)
				return
			}
			require.NotNil(t, f.Refusal)
			assert.Equal(t, c.want, f.Refusal.Reason)
			assert.Equal(t, c.code, f.Refusal.ServerCode)
			assert.NotEmpty(t, f.Refusal.Text)
			assert.Equal(t, wire.CloseRefused, client.closeCode())
		})
	}
}

// Nothing but a good token opens anything: not the socket, not the media.
func TestWithoutTokenNothingAnswers(t *testing.T) {
	var log bytes.Buffer
	h := newHouse(t, nil, guarded(t), func(c *gateway.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	good := tokenFor(t, "ada", 0, time.Hour)
	_, f := h.knock(helloWith(appA, "ada", good))
	require.NotNil(t, f.Welcome)
	victim := f.Welcome

	media := func(method, path, credential string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, h.url+path, http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Tus-Resumable", "1.0.0")
		r.Header.Set("Upload-Length", "3")
		if credential != "" {
			r.Header.Set("Authorization", "Bearer "+credential)
		}
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_ = response.Body.Close()
		return response.StatusCode
	}
	require.Equal(t, http.StatusCreated, media("POST", "/media/", victim.Credential), "the requests below would be good with a credential")

	for _, credential := range []string{"", good, appA, certificateA, strings.Replace(victim.Credential, appA, openApp, 1), victim.Credential + "x"} {
		for method, path := range map[string]string{"POST": "/media/", "GET": "/media/x", "HEAD": "/media/x", "PATCH": "/media/x", "DELETE": "/media/x"} {
			assert.Equal(t, http.StatusUnauthorized, media(method, path, credential), "%s with %q", method, credential)
		}
	}

	t.Run("a credential is no token", func(t *testing.T) {
		for _, token := range []string{"", victim.Credential} {
			back := helloWith(appA, "ada", token)
			back.Resume = &wire.Resume{SessionId: victim.SessionId, Credential: victim.Credential}
			c, f := h.knock(back)
			require.NotNil(t, f.Refusal)
			assert.Equal(t, wire.Refusal_INVALID_TOKEN, f.Refusal.Reason)
			assert.Equal(t, wire.CloseRefused, c.closeCode())
		}
	})
	t.Run("requests before Welcome", func(t *testing.T) {
		for _, request := range []*wire.ClientFrame{
			toPeer("ada", "hi"), {Join: &wire.Join{Channel: "room"}}, {Renew: &wire.Renew{Token: good}},
		} {
			c := h.dial()
			c.listen()
			request.Id = 1
			c.send(request)
			assert.Equal(t, wire.CloseProtocol, c.closeCode())
		}
	})
	assert.NotContains(t, log.String(), good)
	assert.NotContains(t, log.String(), certificateA)
}

// The session lives on when its token ends; only a way back needs a good one. (API 8.6)
func TestResumeNeedsALivingToken(t *testing.T) {
	h := newHouse(t, nil, guarded(t))
	c, f := h.knock(helloWith(appA, "ada", tokenFor(t, "ada", 0, time.Hour)))
	require.NotNil(t, f.Welcome)
	c.join("room")
	c.cut()
	back := helloWith(appA, "ada", tokenFor(t, "ada", time.Minute, time.Second))
	back.Reconnect = true
	back.Resume = &wire.Resume{SessionId: c.welcome.SessionId, Credential: c.welcome.Credential}
	_, f = h.knock(back)
	require.NotNil(t, f.Refusal)
	assert.Equal(t, wire.Refusal_TOKEN_EXPIRED, f.Refusal.Reason)

	back.Token = tokenFor(t, "ada", 0, time.Hour)
	n, f := h.knock(back)
	require.NotNil(t, f.Welcome, "%v", f.Refusal)
	assert.True(t, f.Welcome.Resumed)
	n.lastID = c.lastID
	assert.Equal(t, []string{"ada"}, n.members("room"))
}

func TestRenew(t *testing.T) {
	h := newHouse(t, nil, guarded(t))
	login := func() *client {
		c, f := h.knock(helloWith(appA, "ada", tokenFor(t, "ada", 0, time.Hour)))
		require.NotNil(t, f.Welcome)
		return c
	}
	renew := func(c *client, token string) *wire.ServerFrame {
		return c.ask(&wire.ClientFrame{Renew: &wire.Renew{Token: token}})
	}
	for token, want := range map[string]wire.Refusal_Reason{
		tokenFor(t, "ada", time.Minute, time.Second): wire.Refusal_TOKEN_EXPIRED,
		tokenFor(t, "bob", 0, time.Hour):             wire.Refusal_UID_MISMATCH,
		"007x":                                       wire.Refusal_INVALID_TOKEN,
		"":                                           wire.Refusal_INVALID_TOKEN,
	} {
		c := login()
		assert.Equal(t, want, renew(c, token).Refusal.GetReason())
		assert.NotNil(t, renew(c, tokenFor(t, "ada", 0, time.Hour)).Done, "a refusal changes nothing")
		c.nothingPushed()
	}
	c, allowed := h.exceedRate(core.OpRenew, login, func(int) *wire.ClientFrame {
		return &wire.ClientFrame{Renew: &wire.Renew{Token: "x"}}
	})
	for _, id := range allowed {
		assert.Equal(t, wire.Refusal_INVALID_TOKEN, c.answer(id).Refusal.GetReason())
	}
}

func TestRenewInDevelopment(t *testing.T) {
	c := newHouse(t, nil).login("ada")
	assert.NotNil(t, c.ask(&wire.ClientFrame{Renew: &wire.Renew{Token: "anything"}}).Done)
}

// Tokens end in whole seconds: each here lives 100 s, and the warning is due 99 s ahead of
// that or, of one that is long, much later.
func TestWarningBeforeATokenEnds(t *testing.T) {
	warning := withTimes(session.Times{TokenWarning: 99 * time.Second})
	h := newHouse(t, nil, guarded(t), warning)
	login := func(token string) *client {
		c, f := h.knock(helloWith(appA, "ada", token))
		require.NotNil(t, f.Welcome)
		return c
	}
	t.Run("once", func(t *testing.T) {
		c := login(tokenFor(t, "ada", 0, 100*time.Second))
		f := c.next()
		require.NotNil(t, f.TokenExpiring)
		assert.NotZero(t, f.Seq, "it must not be lost")
		c.nothingPushed()
	})
	t.Run("of the token that came last", func(t *testing.T) {
		c := login(tokenFor(t, "ada", 0, time.Hour))
		c.nothingPushed()
		require.NotNil(t, c.ask(&wire.ClientFrame{Renew: &wire.Renew{Token: tokenFor(t, "ada", 60*time.Second, 100*time.Second)}}).Done)
		require.NotNil(t, c.next().TokenExpiring, "at once: less is left than the warning's time")
		require.NotNil(t, c.ask(&wire.ClientFrame{Renew: &wire.Renew{Token: tokenFor(t, "ada", 0, time.Hour)}}).Done)
		c.nothingPushed()
	})
	t.Run("after a resume", func(t *testing.T) {
		c := login(tokenFor(t, "ada", 0, time.Hour))
		c.cut()
		back := helloWith(appA, "ada", tokenFor(t, "ada", 60*time.Second, 100*time.Second))
		back.Resume = &wire.Resume{SessionId: c.welcome.SessionId, Credential: c.welcome.Credential}
		n, f := h.knock(back)
		require.True(t, f.Welcome.GetResumed())
		require.NotNil(t, n.next().TokenExpiring)
	})
	t.Run("the connection stays when it has ended", func(t *testing.T) {
		var c *client
		for c == nil {
			n, f := h.knock(helloWith(appA, "ada", tokenFor(t, "ada", 98*time.Second, 100*time.Second)))
			if f.Welcome != nil {
				c = n
				continue
			}
			require.Equal(t, wire.Refusal_TOKEN_EXPIRED, f.Refusal.GetReason(), "a busy machine may take more than its last second")
		}
		twin := helloWith(appA, "eve", tokenFor(t, "eve", 98*time.Second, 100*time.Second))
		require.NotNil(t, c.next().TokenExpiring)
		require.Eventually(t, func() bool {
			_, f := h.knock(twin)
			return f.Refusal.GetReason() == wire.Refusal_TOKEN_EXPIRED
		}, waitLimit, 50*time.Millisecond)
		c.nothingPushed()
	})
}

func TestAppsAreChecked(t *testing.T) {
	var apps gateway.Apps
	for _, bad := range [][2]string{{"short", ""}, {appA + "x", certificateA}, {appA, "short"}, {appA, certificateA + "x"}} {
		err := apps.Add(bad[0], bad[1])
		require.Error(t, err, "%q", bad)
		assert.NotContains(t, err.Error(), certificateA)
	}
	require.NoError(t, apps.Add(appA, certificateA))
	require.NoError(t, apps.Add(appA, certificateA), "again is no harm")
	require.NoError(t, apps.Add(appA, appB), "the next certificate")
	require.ErrorContains(t, apps.Add(appA, ""), "with and without")
	assert.Equal(t, certificateA, apps.Certificate(appA))
	assert.Empty(t, apps.Certificate(appB))
}

func TestAppsAreRead(t *testing.T) {
	var apps gateway.Apps
	require.NoError(t, apps.Read(strings.NewReader("# ours\n\n"+appA+" \t"+certificateA+"  # rotated in May\r\n"+openApp)))
	assert.Equal(t, []string{appA, openApp}, apps.IDs())
	assert.Equal(t, certificateA, apps.Certificate(appA))
	require.ErrorContains(t, apps.Read(strings.NewReader("\n"+appA+" x")), "line 2: ")
	require.ErrorContains(t, apps.Read(strings.NewReader(appB+" "+certificateA+" "+certificateA)), "line 1: ")
}
