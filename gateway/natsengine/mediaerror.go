package natsengine

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/media"
)

// Error codes of the engine.
const (
	codeOverAccount  = 10002 // the account's limits
	codeNoCluster    = 10008 // no leader of the cluster yet
	codeNotLeader    = 10009
	codeNoResources  = 10023
	codeNoStorage    = 10047
	codeMoved        = 10071 // wrong last sequence
	codeStoreFailure = 10077 // the stream cannot take the message, or is at its limit
	codeOffline      = 10118 // the stream
)

// mediaError gives errors of the engine the names that package media knows.
func mediaError(err error) error {
	if errors.Is(err, jetstream.ErrKeyExists) {
		return media.ErrConflict
	}
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrMsgNotFound) {
		return media.ErrNotFound
	}
	var api *jetstream.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode {
		case codeMoved:
			return media.ErrConflict
		case codeOverAccount, codeNoResources, codeNoStorage, codeStoreFailure:
			return fmt.Errorf("%w: %w", media.ErrFull, err)
		}
	}
	return err
}
