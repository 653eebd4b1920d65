package natsengine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/media"
)

// Error codes of JetStream. For some, its client has no names.
const (
	codeOverAccount  = 10002 // the account's limits
	codeNoCluster    = 10008 // no leader of the cluster yet
	codeNotLeader    = 10009
	codeNoResources  = 10023
	codeNoStorage    = 10047
	codeStoreFailure = 10077 // the stream cannot store the message, or has reached a limit
	codeOffline      = 10118 // the stream is offline

	codeNoPeers    jetstream.ErrorCode = 10005 // no suitable peers for placement
	codeNoReplicas jetstream.ErrorCode = 10074 // replicas > 1 not supported in non-clustered mode
)

// mediaError converts errors of JetStream to those of package media.
func mediaError(err error) error {
	switch {
	case isConflict(err):
		return errors.Join(media.ErrConflict, err)
	case errors.Is(err, jetstream.ErrKeyNotFound), errors.Is(err, jetstream.ErrMsgNotFound):
		return media.ErrNotFound
	}
	switch errorCode(err) {
	case codeOverAccount, codeNoResources, codeNoStorage, codeStoreFailure:
		return fmt.Errorf("%w: %w", media.ErrFull, err)
	}
	return err
}

// isConflict reports whether an error means that a key exists, has another revision, or is being
// written. The last has a code of its own, which the client does not always turn into ErrKeyExists or
// ErrKeyRevisionMismatch. So everything here that looks for a conflict calls isConflict.
func isConflict(err error) bool {
	switch errorCode(err) {
	case jetstream.JSErrCodeStreamWrongLastSequence, jetstream.JSErrCodeStreamWrongLastSequenceConstant:
		return true
	}
	return false
}

// errorCode returns the code of an error of JetStream, or 0 for another error.
func errorCode(err error) jetstream.ErrorCode {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.ErrorCode
	}
	return 0
}

// reachedLimit reports whether a stream refused a message because of a limit. All failures to store
// a message have the same code, so limit is what the description has of this limit only.
func reachedLimit(err error, limit string) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == codeStoreFailure && strings.Contains(api.Description, limit)
}

// Limits of a stream, as reachedLimit wants them.
const (
	limitPerSubject = "per subject"
	limitOfBytes    = "maximum bytes"
)

func timedOut(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// unanswered reports whether an error means that the cluster cannot answer at the moment.
func unanswered(err error) bool {
	for _, e := range []error{nats.ErrTimeout, nats.ErrNoResponders, nats.ErrDisconnected, nats.ErrConnectionReconnecting, jetstream.ErrNoStreamResponse} {
		if errors.Is(err, e) {
			return true
		}
	}
	switch errorCode(err) {
	case codeNoCluster, codeNotLeader, codeOffline:
		return true
	}
	return timedOut(err)
}
