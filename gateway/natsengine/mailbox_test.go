package natsengine

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
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
	away := gateway.User{App: testApp, ID: "away"}
	err := e.AppendMail(away, "eve", []byte("frame"), func(error) { t.Error("it was kept") })
	require.ErrorIs(t, err, gateway.ErrStorageFull)
	assert.Contains(t, err.Error(), "are free on the disk")
	mail, err := e.ReadMail(t.Context(), away, 0, 1)
	require.NoError(t, err)
	assert.Empty(t, mail)
}
