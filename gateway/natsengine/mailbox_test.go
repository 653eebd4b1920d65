package natsengine

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
