package natsengine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// beingWritten is a bucket of a cluster whose servers are storing another value of the key: this
// conflict has a code of its own.
type beingWritten struct{ jetstream.KeyValue }

var errBeingWritten = &jetstream.APIError{Code: 400, ErrorCode: jetstream.JSErrCodeStreamWrongLastSequenceConstant}

func (beingWritten) Update(context.Context, string, []byte, uint64) (uint64, error) {
	return 0, fmt.Errorf("%w: %w", errBeingWritten, jetstream.ErrKeyRevisionMismatch) // as the client does
}

// Create returns what the client returns for a key that has expired.
func (beingWritten) Create(context.Context, string, []byte, ...jetstream.KVCreateOpt) (uint64, error) {
	return 0, errBeingWritten
}

func TestIsConflict(t *testing.T) {
	for err, want := range map[error]bool{
		nil:                      false,
		jetstream.ErrKeyExists:   true,
		jetstream.ErrKeyNotFound: false,
		errBeingWritten:          true,
		context.DeadlineExceeded: false,
		fmt.Errorf("a failure: %w", &jetstream.APIError{ErrorCode: codeStoreFailure}): false,
	} {
		assert.Equal(t, want, isConflict(err), "%v", err)
	}
	e := openEngine(t, Options{})
	revision, err := e.gateways.Create(t.Context(), "gw", nil)
	require.NoError(t, err)
	_, err = e.gateways.Create(t.Context(), "gw", nil)
	assert.True(t, isConflict(err), "%v", err)
	_, err = e.gateways.Update(t.Context(), "gw", nil, revision+1)
	assert.True(t, isConflict(err), "%v", err)
}

// A key that is being written, perhaps by a renewal that timed out, is no loss of the cluster.
func TestHeartbeatWhoseKeyIsBeingWritten(t *testing.T) {
	e := openEngine(t, Options{})
	_, err := e.gateways.Create(t.Context(), "gw", nil)
	require.NoError(t, err)
	h := &heartbeat{e: e, id: "gw", lapsed: func() {}, registered: true, renewed: time.Now()}
	bucket := e.gateways
	e.gateways = beingWritten{bucket}
	require.NoError(t, h.renew(t.Context()))
	require.NoError(t, bucket.Purge(t.Context(), "gw"))
	require.NoError(t, h.renew(t.Context()))
}
