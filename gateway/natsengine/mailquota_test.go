package natsengine

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

// leave keeps a message and waits for the outcome.
func leave(t *testing.T, e *Engine, app, from, to string) error {
	t.Helper()
	kept := make(chan error, 1)
	require.NoError(t, e.Keep(gateway.User{App: app, ID: to}, from, []byte("frame"), func(err error) { kept <- err }))
	select {
	case err := <-kept:
		return err
	case <-time.After(20 * time.Second):
		require.FailNow(t, "no outcome")
		return nil
	}
}

const otherApp = "ffffffffffffffffffffffffffffffff"

func TestMailQuotas(t *testing.T) {
	e := openEngine(t, Options{UserMail: 3, AppMail: 5})
	for i := range 3 {
		require.NoError(t, leave(t, e, testApp, "ada", fmt.Sprint("away", i)))
	}
	require.ErrorIs(t, leave(t, e, testApp, "ada", "away9"), gateway.ErrUserQuota)
	for range 2 {
		require.NoError(t, leave(t, e, testApp, "bob", "away0"), "what was refused took no place of the app's")
	}
	require.ErrorIs(t, leave(t, e, testApp, "bob", "away9"), gateway.ErrAppQuota)
	require.NoError(t, leave(t, e, otherApp, "ada", "away0"), "another app has quotas of its own")
	mail, err := e.Kept(t.Context(), gateway.User{App: testApp, ID: "away9"}, 0, 10)
	require.NoError(t, err)
	assert.Empty(t, mail)
	mail, err = e.Kept(t.Context(), gateway.User{App: testApp, ID: "away0"}, 0, 10)
	require.NoError(t, err)
	assert.Len(t, mail, 3)
	assert.Equal(t, e.opts.layout()[6].MaxAge, quotaConfig("", "", 1).MaxAge, "a claim lives as long as the message")
}

func TestMailWithoutQuotas(t *testing.T) {
	e := openEngine(t, Options{UserMail: -1, AppMail: -1})
	require.NoError(t, leave(t, e, testApp, "ada", "away"))
	_, err := e.js.Stream(t.Context(), userQuotaStream)
	require.Error(t, err, "nothing is claimed")
}

func TestMailQuotasByDefault(t *testing.T) {
	e := openEngine(t, Options{})
	for name, most := range map[string]int64{userQuotaStream: DefaultUserMail, appQuotaStream: DefaultAppMail} {
		stream, err := e.js.Stream(t.Context(), name)
		require.NoError(t, err)
		assert.Equal(t, most, stream.CachedInfo().Config.MaxMsgsPerSubject)
	}
}
