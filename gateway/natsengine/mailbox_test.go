package natsengine

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/mailbox"
)

// That the oldest go is shown in package gateway; a week is more than a test can wait, so
// this one asks the server what it was told.
func TestMailIsKeptForAWeek(t *testing.T) {
	e := openEngine(t, Options{})
	info, err := e.mail.Info(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 7*24*time.Hour, info.Config.MaxAge)
	assert.EqualValues(t, 200, info.Config.MaxMsgsPerSubject, "a subject is a user")
	assert.Equal(t, jetstream.DiscardOld, info.Config.Discard)
}

// TestNoRoomForMail: a flood of offline messages leaves what sessions need.
func TestNoRoomForMail(t *testing.T) {
	e := openEngine(t, Options{MinFree: 1 << 62})
	assert.EqualValues(t, 1<<61, e.mailReserve.Bytes, "when media has stopped already")
	away := id.User{App: testApp, ID: "away"}
	err := e.AppendMail(away, "eve", []byte("frame"), func(error) { t.Error("it was kept") })
	require.ErrorIs(t, err, mailbox.ErrStorageFull)
	assert.Contains(t, err.Error(), "are free on the disk")
	mail, err := e.ReadMail(t.Context(), away, 0, 1)
	require.NoError(t, err)
	assert.Empty(t, mail)
}

// leave keeps a message and waits for the outcome.
func leave(t *testing.T, e *Engine, app, from, to string) error {
	t.Helper()
	kept := make(chan error, 1)
	require.NoError(t, e.AppendMail(id.User{App: app, ID: to}, from, []byte("frame"), func(err error) { kept <- err }))
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
	require.ErrorIs(t, leave(t, e, testApp, "ada", "away9"), mailbox.ErrUserQuota)
	for range 2 {
		require.NoError(t, leave(t, e, testApp, "bob", "away0"), "what was refused took no place of the app's")
	}
	require.ErrorIs(t, leave(t, e, testApp, "bob", "away9"), mailbox.ErrAppQuota)
	require.NoError(t, leave(t, e, otherApp, "ada", "away0"), "another app has quotas of its own")
	mail, err := e.ReadMail(t.Context(), id.User{App: testApp, ID: "away9"}, 0, 10)
	require.NoError(t, err)
	assert.Empty(t, mail)
	mail, err = e.ReadMail(t.Context(), id.User{App: testApp, ID: "away0"}, 0, 10)
	require.NoError(t, err)
	assert.Len(t, mail, 3)
	assert.Equal(t, e.opts.layout()[6].MaxAge, quotaConfig("", "", 1).MaxAge, "a claim lives as long as the message")
}

// claimsOf is how many places of a quota are taken.
func claimsOf(t *testing.T, e *Engine, stream string) uint64 {
	s, err := e.js.Stream(t.Context(), stream)
	require.NoError(t, err)
	return s.CachedInfo().State.Msgs
}

// A message that is not stored uses up no quota, wherever it fails. One that may be stored does.
func TestMailThatFailsUsesNoQuota(t *testing.T) {
	const user, app = 3, 2
	for name, tc := range map[string]struct {
		spoil func(*testing.T, *Engine)
		left  uint64 // claims in each quota, after one message
	}{
		"the app's quota is used up": {left: app, spoil: func(t *testing.T, e *Engine) {
			for range app {
				require.NoError(t, leave(t, e, testApp, "eve", "away"))
			}
		}},
		"the app's quota is not kept": {spoil: func(t *testing.T, e *Engine) {
			require.NoError(t, e.js.DeleteStream(t.Context(), appQuotaStream))
		}},
		"the app's quota does not answer": {spoil: func(t *testing.T, e *Engine) {
			silence(t, e, appQuotaStream, appQuotaSubject)
		}},
		"no mail is kept": {spoil: func(t *testing.T, e *Engine) {
			require.NoError(t, e.js.DeleteStream(t.Context(), mailStream))
		}},
		"the mail is refused": {spoil: func(t *testing.T, e *Engine) {
			config := e.mail.CachedInfo().Config
			config.MaxMsgSize = 1
			_, err := e.js.UpdateStream(t.Context(), config)
			require.NoError(t, err)
		}},
		"the mail may be kept": {left: 1, spoil: func(t *testing.T, e *Engine) {
			silence(t, e, mailStream, mailSubject)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := openEngine(t, Options{UserMail: user, AppMail: app})
			tc.spoil(t, e)
			want := max(tc.left, claimsOf(t, e, userQuotaStream))
			deleted, err := e.nc.SubscribeSync(deleteMessage + ">")
			require.NoError(t, err)
			require.Error(t, leave(t, e, testApp, "ada", "away"))
			require.NoError(t, e.nc.Flush())
			requests, _, err := deleted.Pending()
			require.NoError(t, err)
			assert.Equal(t, name != "the mail may be kept", requests > 0, "%d claims are given back", requests)
			require.Eventually(t, func() bool { return claimsOf(t, e, userQuotaStream) == want }, time.Minute, time.Millisecond)
			if _, err := e.js.Stream(t.Context(), appQuotaStream); err == nil {
				require.Eventually(t, func() bool { return claimsOf(t, e, appQuotaStream) == tc.left }, time.Minute, time.Millisecond)
			}
		})
	}
}

// silence has requests to a stream taken by somebody who never answers.
func silence(t *testing.T, e *Engine, stream, subject string) {
	require.NoError(t, e.js.DeleteStream(t.Context(), stream))
	_, err := e.nc.Subscribe(subject+">", func(*nats.Msg) {})
	require.NoError(t, err)
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
