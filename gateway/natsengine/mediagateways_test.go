package natsengine

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

func TestMediaGatewaysAskEachOther(t *testing.T) {
	e := openEngine(t, Options{})
	gateways := e.MediaGateways()
	notices := make(chan string, 2)
	for _, id := range []string{"a", "b"} {
		require.NoError(t, gateways.Listen(id, func(question []byte, answer func([]byte)) {
			if string(question) == "notice" {
				notices <- id
				return
			}
			go answer(append([]byte(id+" "), question...)) // later
		}))
	}
	answer, err := gateways.Ask(t.Context(), "b", []byte("question"))
	require.NoError(t, err)
	assert.Equal(t, "b question", string(answer))
	require.NoError(t, gateways.Broadcast([]byte("notice")))
	assert.ElementsMatch(t, []string{"a", "b"}, []string{<-notices, <-notices})
}

func TestMediaGatewaysThatAreGone(t *testing.T) {
	e := openEngine(t, Options{})
	sub, err := e.nc.SubscribeSync(mediaGateSubject + "silent")
	require.NoError(t, err)
	defer func() { _ = sub.Unsubscribe() }()
	for _, id := range []string{"none", "silent"} {
		_, err := e.MediaGateways().Ask(t.Context(), id, []byte("question"))
		require.ErrorIs(t, err, media.ErrGatewayGone, id)
	}
	ctx, cancel := context.WithTimeout(t.Context(), goneTime/2)
	defer cancel()
	_, err = e.MediaGateways().Ask(ctx, "none", []byte("question"))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// Who was not heard for a second need not be waited for as long again, and is heard when it is back.
func TestMediaGatewaysThatWereSilent(t *testing.T) {
	e := openEngine(t, Options{})
	sub, err := e.nc.SubscribeSync(mediaGateSubject + "silent")
	require.NoError(t, err)
	gateways := e.MediaGateways().(*mediaGateways)
	soon, cancel := context.WithTimeout(t.Context(), firstPartTime+firstPartTime/10)
	defer cancel()
	_, err = gateways.Ask(soon, "silent", []byte("HEAD"))
	require.Error(t, err)
	assert.True(t, gateways.wasSilent("silent"))
	_, err = gateways.Ask(t.Context(), "silent", []byte("PATCH"))
	require.ErrorIs(t, err, media.ErrGatewayGone)
	require.NoError(t, sub.Unsubscribe())
	require.NoError(t, gateways.Listen("silent", func(_ []byte, answer func([]byte)) { answer([]byte("back")) }))
	var remembered bool
	var answer []byte
	require.Eventually(t, func() bool { // its time to answer is short while its silence is remembered
		remembered = gateways.wasSilent("silent")
		answer, err = gateways.Ask(t.Context(), "silent", []byte("PATCH"))
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	assert.Equal(t, "back", string(answer))
	assert.True(t, remembered, "it was asked although it had been silent")
	assert.False(t, gateways.wasSilent("silent"))
}

// A gateway whose NATS server died is not there for a moment.
func TestAMediaGatewayThatComesBackIsNotGone(t *testing.T) {
	e := openEngine(t, Options{})
	asked := make(chan struct{})
	closeAsked := sync.OnceFunc(func() { close(asked) }) // a question whose answer is late comes again
	time.AfterFunc(goneTime/4, func() {
		assert.NoError(t, e.MediaGateways().Listen("b", func(_ []byte, answer func([]byte)) { closeAsked(); answer(nil) }))
	})
	_, err := e.MediaGateways().Ask(t.Context(), "b", []byte("question"))
	require.NoError(t, err)
	<-asked
}

func TestParts(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   []string
	}{
		{"", []string{"\x00"}},
		{"abc", []string{"\x00abc"}},
		{"abcd", []string{"\x01abc", "\x00d"}},
		{"abcdef", []string{"\x01abc", "\x00def"}},
	} {
		var got []string
		for _, p := range parts([]byte(c.answer), 3) {
			got = append(got, string(p))
		}
		assert.Equal(t, c.want, got)
	}
}

func TestAskAt(t *testing.T) {
	e := openEngine(t, Options{})
	ask := func(request string) ([]byte, error) {
		return e.askAt(t.Context(), "test.g", []byte(request), firstPartTime)
	}
	large := bytes.Repeat([]byte("0123456789"), maxPart/4) // of several parts
	stop, err := e.listen("test.g", func(request []byte, reply func([]byte)) {
		if string(request) == "large" {
			reply(large)
		} else {
			reply(nil)
		}
	})
	require.NoError(t, err)
	answer, err := ask("large")
	require.NoError(t, err)
	assert.True(t, bytes.Equal(large, answer))
	answer, err = ask("small")
	require.NoError(t, err)
	assert.Empty(t, answer)
	stop()
	_, err = ask("large")
	require.ErrorIs(t, err, errNoGateway)
}
