package natsengine

import (
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Why is what whoever runs the cluster can mend when Open fails.
type Why int

const (
	Unexplained   Why = iota
	Unreachable       // no server could be connected to
	Unauthorized      // the servers know no such user
	TLSMismatch       // one side wants TLS, the other has none
	NoJetStream       // the servers, or the account, have none
	TooFewServers     // for Options.Replicas
)

// Codes of JetStream for which its client has no names.
const (
	noReplicas jetstream.ErrorCode = 10074 // replicas > 1 not supported in non-clustered mode
	noPeers    jetstream.ErrorCode = 10005 // no suitable peers for placement
)

// WhyOf explains an error of Open.
func WhyOf(err error) Why {
	var api *jetstream.APIError
	switch {
	case errors.Is(err, nats.ErrNoServers):
		return Unreachable
	case errors.Is(err, nats.ErrAuthorization):
		return Unauthorized
	case errors.Is(err, nats.ErrSecureConnWanted), errors.Is(err, nats.ErrSecureConnRequired):
		return TLSMismatch
	case errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return NoJetStream
	case !errors.As(err, &api):
		return Unexplained
	}
	switch api.ErrorCode {
	case jetstream.JSErrCodeJetStreamNotEnabled:
		return NoJetStream
	case noReplicas, noPeers:
		return TooFewServers
	}
	return Unexplained
}
