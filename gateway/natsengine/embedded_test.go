package natsengine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What README.md says of power failures rests on this.
func TestFilesAreSyncedEverySecond(t *testing.T) {
	e, err := startEmbedded(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(e.stop)
	assert.Equal(t, syncInterval, e.JetStreamConfig().SyncInterval)
}
