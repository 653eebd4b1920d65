package natsengine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/history"
)

// keepMessage keeps a message whose content is its text.
func keepMessage(t *testing.T, h *History, from, to string, toChannel bool, ms int64, text string) {
	t.Helper()
	require.NoError(t, h.Record(t.Context(), history.Message{App: testApp, From: from, To: to, ToChannel: toChannel, Ms: ms, Message: []byte(text)}))
}

// foundTexts are those of the messages that a filter finds.
func foundTexts(t *testing.T, h *History, f history.Filter, offset, limit int, newestFirst bool) (all []string) {
	t.Helper()
	f.App = testApp
	found, err := h.Read(t.Context(), f, offset, limit, newestFirst)
	require.NoError(t, err)
	for _, m := range found {
		all = append(all, string(m.Message))
	}
	if offset == 0 && limit >= 100 {
		n, err := h.Count(t.Context(), f)
		require.NoError(t, err)
		assert.Equal(t, n, len(found), "the count is that of what is listed")
	}
	return all
}

// Each row of the API's table of filters, and the bounds of time.
func TestMessageHistoryFilters(t *testing.T) {
	e := openEngine(t, Options{History: true})
	h := e.History()
	now := time.Now().UnixMilli()
	keepMessage(t, h, "ada", "bob", false, now-50, "ada to bob")
	keepMessage(t, h, "bob", "ada", false, now-40, "bob to ada")
	keepMessage(t, h, "ada", "hall", true, now-30, "ada in hall")
	keepMessage(t, h, "bob", "hall", true, now-20, "bob in hall")
	keepMessage(t, h, "a.*>", "hall >", true, now-10, "odd names")
	require.NoError(t, h.Record(t.Context(), history.Message{App: otherApp, From: "ada", To: "bob", Ms: now, Message: []byte("another app's")}))
	all := history.Filter{Start: now - 1000, End: now + 1000}
	with := func(change func(*history.Filter)) history.Filter {
		f := all
		change(&f)
		return f
	}
	for name, c := range map[string]struct {
		filter history.Filter
		want   []string
	}{
		"received by a user":       {with(func(f *history.Filter) { f.To = "bob" }), []string{"ada to bob"}},
		"in a channel":             {with(func(f *history.Filter) { f.To = "hall" }), []string{"ada in hall", "bob in hall"}},
		"sent by a user":           {with(func(f *history.Filter) { f.From = "ada" }), []string{"ada to bob", "ada in hall"}},
		"from one to another":      {with(func(f *history.Filter) { f.From, f.To = "bob", "ada" }), []string{"bob to ada"}},
		"a user in a channel":      {with(func(f *history.Filter) { f.From, f.To = "bob", "hall" }), []string{"bob in hall"}},
		"a channel sends nothing":  {with(func(f *history.Filter) { f.From = "hall" }), nil},
		"channels alone":           {with(func(f *history.Filter) { f.From, f.ChannelsOnly = "ada", true }), []string{"ada in hall"}},
		"of a user, channels only": {with(func(f *history.Filter) { f.To, f.ChannelsOnly = "bob", true }), nil},
		"odd names":                {with(func(f *history.Filter) { f.From, f.To = "a.*>", "hall >" }), []string{"odd names"}},
		"bounds are inclusive":     {with(func(f *history.Filter) { f.To, f.Start, f.End = "hall", now-30, now-20 }), []string{"ada in hall", "bob in hall"}},
		"after the first":          {with(func(f *history.Filter) { f.To, f.Start, f.End = "hall", now-29, now-20 }), []string{"bob in hall"}},
		"before the second":        {with(func(f *history.Filter) { f.To, f.Start, f.End = "hall", now-30, now-21 }), []string{"ada in hall"}},
		"all of it is past":        {with(func(f *history.Filter) { f.To, f.Start, f.End = "hall", now+100000, now+200000 }), nil},
		"all of it is to come":     {with(func(f *history.Filter) { f.To, f.Start, f.End = "hall", 0, 1000 }), nil},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, foundTexts(t, h, c.filter, 0, 100, false)) })
	}
	found, err := h.Read(t.Context(), history.Filter{App: testApp, From: "bob", To: "hall", Start: now - 1000, End: now}, 0, 1, false)
	require.NoError(t, err)
	assert.Equal(t, []history.Message{{App: testApp, From: "bob", To: "hall", ToChannel: true, Ms: now - 20, Message: []byte("bob in hall")}}, found)
}

// Pages go by the time at which gateways received messages, in either direction.
func TestMessageHistoryPages(t *testing.T) {
	e := openEngine(t, Options{History: true})
	h := e.History()
	now := time.Now().UnixMilli()
	for _, i := range []int64{1, 0, 3, 2, 4} { // as gateways record them that do not wait for each other
		keepMessage(t, h, "ada", "hall", true, now+i, fmt.Sprint(i))
	}
	f := history.Filter{To: "hall", Start: now, End: now + 10}
	assert.Equal(t, []string{"0", "1", "2", "3", "4"}, foundTexts(t, h, f, 0, 100, false))
	assert.Equal(t, []string{"4", "3", "2", "1", "0"}, foundTexts(t, h, f, 0, 100, true))
	assert.Equal(t, []string{"0", "1"}, foundTexts(t, h, f, 0, 2, false))
	assert.Equal(t, []string{"2", "3"}, foundTexts(t, h, f, 2, 2, false))
	assert.Equal(t, []string{"4"}, foundTexts(t, h, f, 4, 2, false))
	assert.Empty(t, foundTexts(t, h, f, 6, 2, false))
	assert.Equal(t, []string{"3", "2"}, foundTexts(t, h, f, 1, 2, true))
}

// A gateway's clock may be ahead of that of the NATS server.
func TestMessageHistoryOfAClockAhead(t *testing.T) {
	h := openEngine(t, Options{History: true}).History()
	ahead := time.Now().UnixMilli() + 30_000
	keepMessage(t, h, "ada", "hall", true, ahead, "from the future")
	assert.Equal(t, []string{"from the future"}, foundTexts(t, h, history.Filter{To: "hall", Start: ahead, End: ahead}, 0, 1, false))
}

// An app has a quota of its own. A message that is sent again counts and is kept once.
func TestMessageHistoryQuota(t *testing.T) {
	e := openEngine(t, Options{History: true, AppHistory: 3})
	h := e.History()
	message := func(app, name string) error {
		return h.Record(t.Context(), history.Message{App: app, From: "ada", To: "bob", Ms: time.Now().UnixMilli(), Message: []byte("x"), Name: name})
	}
	require.NoError(t, message(testApp, "7 1"))
	require.NoError(t, message(testApp, "7 1"))
	require.Eventually(t, func() bool { return claimsOf(t, e, messageQuotaStream) == 1 }, time.Minute, 10*time.Millisecond, "given back")
	require.NoError(t, message(testApp, "7 2"))
	require.NoError(t, message(testApp, ""))
	require.ErrorIs(t, message(testApp, ""), history.ErrQuota)
	require.NoError(t, message(otherApp, ""))
	f := history.Filter{From: "ada", Start: 0, End: time.Now().UnixMilli()}
	assert.Len(t, foundTexts(t, h, f, 0, 100, false), 3)
}

// A place in the quota that comes when nobody waits for it any more is given back.
func TestMessageHistoryQuotaAnsweredLate(t *testing.T) {
	e := openEngine(t, Options{History: true, AppHistory: 3})
	stream, err := e.js.Stream(t.Context(), messageQuotaStream)
	require.NoError(t, err)
	config := stream.CachedInfo().Config
	require.NoError(t, e.js.DeleteStream(t.Context(), config.Name))
	config.Subjects = []string{"test.held.>"}
	_, err = e.js.CreateStream(t.Context(), config)
	require.NoError(t, err)
	claims, err := e.nc.SubscribeSync(messageQuotaSubject + ">")
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	recorded := make(chan error, 1)
	go func() {
		recorded <- e.History().Record(ctx, history.Message{App: testApp, From: "ada", To: "bob", Ms: time.Now().UnixMilli(), Message: []byte("x")})
	}()
	claim, err := claims.NextMsg(time.Minute)
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, <-recorded, context.Canceled)
	held, err := e.nc.SubscribeSync(deleteMessage + config.Name)
	require.NoError(t, err)
	require.NoError(t, e.nc.PublishRequest("test.held.claim", claim.Reply, nil))
	_, err = held.NextMsg(time.Minute)
	require.NoError(t, err, "the place is given back")
	require.Eventually(t, func() bool { return claimsOf(t, e, messageQuotaStream) == 0 }, time.Minute, 10*time.Millisecond)
}

func TestMessageHistoryIsKeptAsLongAsSaid(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{0: 7 * 24 * time.Hour, time.Hour: time.Hour} {
		e := openEngine(t, Options{History: true, HistoryAge: given})
		for _, name := range []string{messageStream, messageQuotaStream} {
			stream, err := e.js.Stream(t.Context(), name)
			require.NoError(t, err)
			assert.Equal(t, want, stream.CachedInfo().Config.MaxAge)
		}
	}
	e := openEngine(t, Options{})
	assert.Nil(t, e.History())
	_, err := e.js.Stream(t.Context(), messageStream)
	assert.Error(t, err)
}

// What has passed its time is not found.
func TestMessageHistoryForgets(t *testing.T) {
	e := openEngine(t, Options{History: true, HistoryAge: time.Second})
	h := e.History()
	keepMessage(t, h, "ada", "bob", false, time.Now().UnixMilli(), "soon over")
	f := history.Filter{App: testApp, To: "bob", Start: 0, End: time.Now().UnixMilli()}
	require.Eventually(t, func() bool {
		n, err := h.Count(t.Context(), f)
		require.NoError(t, err)
		return n == 0
	}, time.Minute, 50*time.Millisecond)
}
