package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediastore/storetest"
	"rtmwasm/gateway/mediaurl"
	"rtmwasm/gateway/rate"
)

func (c *client) askURL(ask *wire.GetMediaUrl) *wire.ServerFrame {
	c.t.Helper()
	return c.ask(&wire.ClientFrame{MediaUrl: ask})
}

func TestGetMediaURL(t *testing.T) {
	h := newHouse(t, nil)
	ada := h.login("ada")
	path := putFile(t, h, ada, "hello")
	id := mediaIDOf(path, 5)
	for name, test := range map[string]struct {
		ask      *wire.GetMediaUrl
		lifetime time.Duration
	}{
		"default":                    {&wire.GetMediaUrl{MediaId: id}, core.MediaURLLifetime},
		"a minute":                   {&wire.GetMediaUrl{MediaId: id, ExpiresIn: 60}, time.Minute},
		"longer than the media's":    {&wire.GetMediaUrl{MediaId: id, ExpiresIn: 1 << 31}, core.MediaLifetime},
		"a name":                     {&wire.GetMediaUrl{MediaId: id, Download: "a b.txt"}, core.MediaURLLifetime},
		"an id that tells a picture": {&wire.GetMediaUrl{MediaId: id + "z1z1"}, core.MediaURLLifetime},
	} {
		u := h.login("bob").askURL(test.ask).MediaPath // any user of the app may
		signed, ok := mediaurl.Parse(cutQuery(t, u))
		require.True(t, ok, "%s: %s", name, u)
		assert.Equal(t, path, media.BasePath+signed.Key, name)
		assert.WithinDuration(t, time.Now().Add(test.lifetime), signed.Expires, time.Minute, name)
		response, body := h.get("GET", u)
		assert.Equal(t, 200, response.StatusCode, name)
		assert.Equal(t, "hello", body, name)
		assert.Equal(t, "cross-origin", response.Header.Get("Cross-Origin-Resource-Policy"), "pages of other origins show it")
		assert.Equal(t, "*", response.Header.Get("Access-Control-Allow-Origin"))
		assert.Equal(t, test.ask.Download != "", strings.Contains(response.Header.Get("Content-Disposition"), "filename"))
	}
	const noSuchMedia = "no such media: the id is unknown or the file has expired"
	for name, test := range map[string]struct {
		ask  *wire.GetMediaUrl
		want wire.Refusal_Reason
		text string
	}{
		"unknown":         {&wire.GetMediaUrl{MediaId: mediaIDOf(media.BasePath+strings.Repeat("0", 64), 5)}, wire.Refusal_NOT_FOUND, noSuchMedia},
		"no id":           {&wire.GetMediaUrl{}, wire.Refusal_NOT_FOUND, noSuchMedia},
		"not of the form": {&wire.GetMediaUrl{MediaId: id[1:]}, wire.Refusal_NOT_FOUND, noSuchMedia},
		"a long name":     {&wire.GetMediaUrl{MediaId: id, Download: strings.Repeat("x", 256)}, wire.Refusal_BAD_REQUEST, "download must be a file name of 1 to 255 bytes"},
	} {
		refusal := ada.askURL(test.ask).Refusal
		assert.Equal(t, test.want, refusal.GetReason(), name)
		assert.Equal(t, test.text, refusal.GetText(), name)
	}
}

func cutQuery(t *testing.T, u string) (path, query string) {
	t.Helper()
	path, query, ok := strings.Cut(u, "?")
	require.True(t, ok, u)
	return path, query
}

func TestNoMediaURLs(t *testing.T) {
	for name, change := range map[string]func(*gateway.Config){
		"no media": func(c *gateway.Config) { c.MediaStore = nil },
		"no keys":  func(c *gateway.Config) { c.MediaURLKeys = nil },
	} {
		ada := newHouse(t, nil, change).login("ada")
		answer := ada.askURL(&wire.GetMediaUrl{MediaId: mediaIDOf(media.BasePath+strings.Repeat("0", 64), 5)})
		assert.Equal(t, wire.Refusal_UNAVAILABLE, answer.Refusal.GetReason(), name)
	}
}

// heldInfo answers no Info until it is told to.
type heldInfo struct {
	media.Store
	held chan struct{}
}

func (s heldInfo) Info(ctx context.Context, app, key string) (media.Info, error) {
	select {
	case <-s.held:
	case <-ctx.Done():
		return media.Info{}, ctx.Err()
	}
	return s.Store.Info(ctx, app, key)
}

// A store that takes long to look a file up holds up no message.
func TestLookingUpMediaHoldsUpNothing(t *testing.T) {
	held := heldInfo{held: make(chan struct{})}
	h := newHouse(t, nil, func(c *gateway.Config) { held.Store, c.MediaStore = c.MediaStore, &held })
	missing := &wire.GetMediaUrl{MediaId: mediaIDOf(media.BasePath+strings.Repeat("0", 64), 5)}
	n := core.Rates[core.OpMediaURL].N
	for {
		ada, began := h.login("ada"), time.Now()
		ids := ada.burst(n+1, func(int) *wire.ClientFrame { return &wire.ClientFrame{MediaUrl: missing} })
		ada.ask(&wire.ClientFrame{Members: &wire.Members{Channel: "no such"}})
		if time.Since(began) >= rate.Window(core.OpMediaURL) { // a very busy machine; the last request may be allowed
			continue
		}
		require.Len(t, ada.stash, 1, "only one request was answered so far: as one too many")
		assert.Equal(t, wire.Refusal_TOO_OFTEN, ada.answer(ids[n]).Refusal.GetReason())
		close(held.held)
		for _, id := range ids[:n] {
			assert.Equal(t, wire.Refusal_NOT_FOUND, ada.answer(id).Refusal.GetReason())
		}
		return
	}
}

// Gateways of one engine have the same keys, whichever draws one.
func TestMediaURLsAreGoodAtAllGateways(t *testing.T) {
	engine, dir := newEngine(t), t.TempDir()
	sameFiles := func(c *gateway.Config) { c.MediaStore = storetest.New(t, engine.MediaRecords(), dir) }
	a, b := newHouse(t, engine, sameFiles), newHouse(t, engine, sameFiles)
	ada := a.login("ada")
	path := putFile(t, a, ada, "hello")
	for _, u := range []string{
		ada.askURL(&wire.GetMediaUrl{MediaId: mediaIDOf(path, 5)}).MediaPath,
		b.login("bob").askURL(&wire.GetMediaUrl{MediaId: mediaIDOf(path, 5)}).MediaPath,
	} {
		for _, h := range []*house{a, b} {
			response, body := h.get("GET", u)
			assert.Equal(t, 200, response.StatusCode)
			assert.Equal(t, "hello", body)
		}
	}
}

// heldKeys finds no key until it is told to.
type heldKeys struct {
	media.URLKeys
	began, held chan struct{}
}

func (k *heldKeys) Find(ctx context.Context, id string) ([]byte, bool, error) {
	k.began <- struct{}{}
	<-k.held
	return k.URLKeys.Find(ctx, id)
}

// A signed URL is no session: its requests have the places of their address.
func TestSignedRequestsAreBoundedByAddress(t *testing.T) {
	const limit, flood, other = 3, "203.0.113.1", "203.0.113.2"
	held := &heldKeys{began: make(chan struct{}, limit), held: make(chan struct{})}
	h := newHouse(t, nil, func(c *gateway.Config) {
		held.URLKeys, c.MediaURLKeys = c.MediaURLKeys, held
		c.Limits.AddressConnections = limit
		c.Limits.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	ada := h.login("ada")
	u := ada.askURL(&wire.GetMediaUrl{MediaId: mediaIDOf(putFile(t, h, ada, "hello"), 5)}).MediaPath
	statuses := make(chan int, limit)
	for range limit {
		go func() {
			response, _ := h.get("GET", u, "X-Forwarded-For", flood)
			statuses <- response.StatusCode
		}()
		<-held.began
	}
	assert.Equal(t, http.StatusTooManyRequests, h.statusFor(flood, u))
	assert.Equal(t, http.StatusOK, h.statusFor(other, "/healthz"))
	close(held.held)
	for range limit {
		assert.Equal(t, http.StatusOK, <-statuses)
	}
}

// lockedBuffer is for a log.
type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

// brokenStore opens nothing once it is broken, and awayKeys find nothing.
type (
	brokenStore struct {
		media.Store
		broken bool
	}
	awayKeys struct {
		media.URLKeys
		away bool
	}
)

func (s *brokenStore) Open(ctx context.Context, app, key string) (media.Info, media.Reader, error) {
	if s.broken {
		return media.Info{}, nil, errors.New("the disk is broken")
	}
	return s.Store.Open(ctx, app, key)
}

func (k *awayKeys) Find(ctx context.Context, id string) ([]byte, bool, error) {
	if k.away {
		return nil, false, errors.New("the cluster is away")
	}
	return k.URLKeys.Find(ctx, id)
}

// Whatever happens to a request, the log has neither its signature nor all of its query.
func TestSignaturesAreNotLogged(t *testing.T) {
	log, store, keys := &lockedBuffer{}, &brokenStore{}, &awayKeys{}
	h := newHouse(t, nil, func(c *gateway.Config) {
		store.Store, keys.URLKeys = c.MediaStore, c.MediaURLKeys
		c.MediaStore, c.MediaURLKeys = store, keys
		c.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	ada := h.login("ada")
	u := ada.askURL(&wire.GetMediaUrl{MediaId: mediaIDOf(putFile(t, h, ada, "hello"), 5), Download: "secret name"}).MediaPath
	signature := u[strings.Index(u, "sig=")+len("sig="):]
	require.Len(t, signature, 43)
	status := func(method, u string, header ...string) int {
		response, _ := h.get(method, u, header...)
		return response.StatusCode
	}
	assert.Equal(t, 200, status("GET", u))
	assert.Equal(t, 404, status("GET", u+"&x=y"))
	assert.Equal(t, 401, status("DELETE", u, "Tus-Resumable", "1.0.0"))
	assert.Equal(t, 401, status("POST", u, "Authorization", "Bearer nonsense"))
	assert.NotEqual(t, 200, status("PATCH", u, "Authorization", "Bearer "+ada.welcome.Credential, "Tus-Resumable", "1.0.0"))
	assert.Equal(t, 200, status("HEAD", u, "Tus-Resumable", "1.0.0"))
	store.broken = true
	assert.Equal(t, 503, status("GET", u))
	keys.away = true
	assert.Equal(t, 503, status("GET", u))
	text := log.String()
	assert.Contains(t, text, "the disk is broken")
	assert.Contains(t, text, "the cluster is away")
	assert.Contains(t, text, "level=DEBUG")
	assert.NotContains(t, text, signature)
	assert.NotContains(t, text, "secret name")
	assert.NotContains(t, text, "secret+name")
}
