package rest_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/token"
)

const (
	app         = "0123456789abcdef0123456789abcdef"
	otherApp    = "ffffffffffffffffffffffffffffffff"
	openApp     = "00000000000000000000000000000000" // without a certificate
	certificate = "fedcba9876543210fedcba9876543210"

	key       = "backend"
	secret    = "s3cret-of-backend"
	boundKey  = "bound"
	waitLimit = time.Minute
)

// bus notes what is sent, and has users who are online.
type bus struct {
	mu        sync.Mutex
	peers     []*wire.Delivery
	channels  []*wire.Delivery
	mail      []*wire.Delivery
	mailFrom  []string
	keepError error
	roomError error
	online    map[string]func(done func(bool)) // by uid: how they take messages
}

func decode(frame []byte) *wire.Delivery {
	var f wire.ServerFrame
	if err := f.UnmarshalVT(frame); err != nil {
		panic(err)
	}
	return f.Delivery
}

func (b *bus) SendToPeer(user id.User, frame []byte, timeout time.Duration, done func(bool)) error {
	b.mu.Lock()
	b.peers = append(b.peers, decode(frame))
	take := b.online[user.ID]
	b.mu.Unlock()
	if take == nil {
		done(false)
		return nil
	}
	take(done)
	return nil
}

func (b *bus) PublishChannel(_ channel.ID, frame []byte, done func(error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.channels = append(b.channels, decode(frame))
	done(b.roomError)
	return nil
}

func (b *bus) AppendMail(_ id.User, from string, frame []byte, done func(error)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mail, b.mailFrom = append(b.mail, decode(frame)), append(b.mailFrom, from)
	done(b.keepError)
	return nil
}

func (b *bus) NotifyMail(id.User) error { return nil }

func (b *bus) Lookup(_ context.Context, user id.User) (session.Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.online[user.ID] == nil {
		return session.Record{}, session.ErrNoSession
	}
	return session.Record{}, nil
}

// house is the interface on an address.
type house struct {
	t   testing.TB
	bus *bus
	url string
	log *lines
}

// lines is a log in memory.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newHouse(t testing.TB, change ...func(*rest.Config)) *house {
	apps := &gateway.Apps{}
	require.NoError(t, apps.Add(app, certificate))
	require.NoError(t, apps.Add(otherApp, "11111111111111111111111111111111"))
	require.NoError(t, apps.Add(openApp, ""))
	h := &house{t: t, bus: &bus{online: map[string]func(func(bool)){}}, log: &lines{}}
	config := rest.Config{
		Apps: apps, Bus: h.bus, Keys: []rest.Key{{ID: key, Secret: secret}, {ID: boundKey, Secret: secret, App: app}},
		Logger: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	for _, c := range change {
		c(&config)
	}
	handler, err := rest.New(config)
	require.NoError(t, err)
	site := httptest.NewServer(handler)
	t.Cleanup(site.Close)
	h.url = site.URL
	return h
}

// answer is what a call gives.
type answer struct {
	status int
	header http.Header
	fields map[string]any
}

// code is the field of that name.
func (a answer) code() string { code, _ := a.fields["code"].(string); return code }

// call makes a request as it is. Headers are pairs.
func (h *house) call(method, path, body string, header ...string) answer {
	h.t.Helper()
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	require.NoError(h.t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	got, err := http.DefaultClient.Do(r)
	require.NoError(h.t, err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	require.NoError(h.t, err)
	a := answer{status: got.StatusCode, header: got.Header}
	require.NoError(h.t, json.Unmarshal(text, &a.fields), "every answer is JSON: %s", text)
	want := "success"
	if a.status != http.StatusOK {
		want = "failed"
		require.NotEmpty(h.t, a.fields["message"])
		require.Equal(h.t, a.fields["message"], a.fields["reason"])
		require.NotEmpty(h.t, a.code())
	}
	require.Equal(h.t, want, a.fields["result"])
	require.NotEmpty(h.t, a.fields["request_id"])
	require.Equal(h.t, a.fields["request_id"], got.Header.Get("X-Request-ID"))
	require.Contains(h.t, got.Header.Get("Content-Type"), "application/json")
	return a
}

const base = rest.Prefix + "project/" + app

// post makes a call with the key.
func (h *house) post(path, body string, header ...string) answer {
	h.t.Helper()
	return h.call(http.MethodPost, base+path, body, append([]string{"Authorization", basic(key, secret)}, header...)...)
}

func basic(id, secret string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, secret)
	return r.Header.Get("Authorization")
}

func mint(t testing.TB, version token.Version, app, certificate, uid string, validity time.Duration) string {
	text, err := token.Mint(version, token.Grant{App: app, Certificate: certificate, UID: uid, Issued: time.Now().Add(-time.Minute), Validity: time.Minute + validity})
	require.NoError(t, err)
	return text
}

// direct makes a call without a network, for tests of time.
func direct(t *testing.T, c rest.Config, method, path, body string) answer {
	apps := &gateway.Apps{}
	require.NoError(t, apps.Add(app, certificate))
	c.Apps, c.Keys, c.Logger = apps, []rest.Key{{ID: key, Secret: secret}}, slog.New(slog.DiscardHandler)
	handler, err := rest.New(c)
	require.NoError(t, err)
	r := httptest.NewRequest(method, base+path, strings.NewReader(body))
	r.SetBasicAuth(key, secret)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header()}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a.fields))
	return a
}

// serve makes a call that sends.
func serve(t *testing.T, b *bus, path, body string) (status int, code string) {
	a := direct(t, rest.Config{Bus: b}, http.MethodPost, path, body)
	return a.status, a.code()
}

// ask makes a call about the history.
func ask(t *testing.T, a *archive, method, path, body string) answer {
	return direct(t, rest.Config{Bus: &bus{}, History: a}, method, path, body)
}
