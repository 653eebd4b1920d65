package natsengine

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/media"
)

func TestMediaGatewaysAskEachOther(t *testing.T) {
	e := openEngine(t, Options{})
	gateways := e.MediaGateways()
	news := make(chan string, 2)
	for _, id := range []string{"a", "b"} {
		require.NoError(t, gateways.Listen(id, func(question []byte, answer func([]byte)) {
			if string(question) == "news" {
				news <- id
				return
			}
			go answer(append([]byte(id+" "), question...)) // later
		}))
	}
	answer, err := gateways.Ask(t.Context(), "b", []byte("question"))
	require.NoError(t, err)
	assert.Equal(t, "b question", string(answer))
	require.NoError(t, gateways.TellAll([]byte("news")))
	assert.ElementsMatch(t, []string{"a", "b"}, []string{<-news, <-news})
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
	answer, err := gateways.Ask(t.Context(), "silent", []byte("PATCH"))
	require.NoError(t, err)
	assert.Equal(t, "back", string(answer))
	assert.False(t, gateways.wasSilent("silent"))
}

// A gateway whose NATS server died is not there for a moment.
func TestAMediaGatewayThatComesBackIsNotGone(t *testing.T) {
	e := openEngine(t, Options{})
	asked := make(chan struct{})
	time.AfterFunc(goneTime/4, func() {
		assert.NoError(t, e.MediaGateways().Listen("b", func(_ []byte, answer func([]byte)) { close(asked); answer(nil) }))
	})
	_, err := e.MediaGateways().Ask(t.Context(), "b", []byte("question"))
	require.NoError(t, err)
	<-asked
}
