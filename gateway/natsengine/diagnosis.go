package natsengine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Diagnosis is why Open failed, as far as whoever runs the cluster can repair it.
type Diagnosis int

const (
	Unexplained   Diagnosis = iota
	Unreachable             // no server could be connected to
	Unauthorized            // the servers know no such user
	TLSMismatch             // one side wants TLS, the other has none
	Untrusted               // the certificate of a server did not pass the check
	TLSRefused              // a server ended the connection in or right after the TLS handshake
	NoJetStream             // the servers, or the account, have none
	TooFewServers           // for Options.Replicas
)

// Codes of JetStream for which its client has no names.
const (
	noReplicas jetstream.ErrorCode = 10074 // replicas > 1 not supported in non-clustered mode
	noPeers    jetstream.ErrorCode = 10005 // no suitable peers for placement
)

// Diagnose returns why Open failed with an error; Unexplained if it cannot tell.
func Diagnose(err error) Diagnosis {
	var api *jetstream.APIError
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.Is(err, nats.ErrNoServers):
		return Unreachable
	case errors.Is(err, nats.ErrAuthorization):
		return Unauthorized
	case errors.Is(err, nats.ErrSecureConnWanted), errors.Is(err, nats.ErrSecureConnRequired):
		return TLSMismatch
	case errors.As(err, &untrusted):
		return Untrusted
	case errors.Is(err, nats.ErrTLS), isTLSAlert(err):
		return TLSRefused
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

// isTLSAlert reports whether the other side told why it ends the connection. In TLS 1.3
// a server looks at the client's certificate after the client's handshake is complete. So the
// alert comes while the first answer is read, or is lost, and the connection is just closed,
// if the client was writing at that moment.
func isTLSAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// Finding is what Look finds.
type Finding struct {
	Version   string
	Servers   int           // of the cluster, as far as it tells
	RoundTrip time.Duration // to the server and back
	Time      time.Time     // by the server's clock; zero if it has not told
}

// Look connects to a cluster, sees whether it could be worked on, and changes nothing.
func Look(ctx context.Context, opts Options) (f Finding, err error) {
	if opts, err = opts.withDefaults(); err != nil {
		return f, err
	}
	e := &Engine{opts: opts}
	nc, err := e.dial("rtm-gateway doctor")
	if err != nil {
		return f, err
	}
	defer nc.Close()
	f.Version = nc.ConnectedServerVersion()
	f.Servers = len(nc.Servers())
	if f.RoundTrip, err = nc.RTT(); err != nil {
		return f, fmt.Errorf("natsengine: round trip: %w", err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return f, fmt.Errorf("natsengine: JetStream: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	if _, err := js.AccountInfo(ctx); err != nil {
		return f, fmt.Errorf("natsengine: JetStream: %w", err)
	}
	if stream, err := js.Stream(ctx, mailStream); err == nil { // else no gateway was here yet
		f.Time = stream.CachedInfo().TimeStamp
	}
	return f, nil
}

// InUse tells whether a process has the data folder. It makes no file there, which might
// belong to another user than the gateway's.
func InUse(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, "lock")); err != nil {
		return false
	}
	unlock, err := lockDir(dir)
	if err == nil {
		unlock()
	}
	return err != nil
}
