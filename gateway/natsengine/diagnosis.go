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

// Diagnosis is why Open failed, if an operator of the cluster can fix it.
type Diagnosis int

const (
	Unexplained   Diagnosis = iota
	Unreachable             // no server accepted a connection
	Unauthorized            // the servers do not know the user
	TLSMismatch             // one side requires TLS, the other does not support it
	Untrusted               // a server's certificate is not trusted
	TLSRefused              // a server closed the connection during or right after the TLS handshake
	NoJetStream             // the servers or the account have no JetStream
	TooFewServers           // for Options.Replicas
)

// Diagnose returns why Open failed with an error, or Unexplained if it cannot tell.
func Diagnose(err error) Diagnosis {
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
	}
	switch errorCode(err) {
	case jetstream.JSErrCodeJetStreamNotEnabled:
		return NoJetStream
	case codeNoReplicas, codeNoPeers:
		return TooFewServers
	}
	return Unexplained
}

// isTLSAlert reports whether the other side sent an alert with the reason. In TLS 1.3 a server
// checks the client's certificate after the client's handshake is complete. So the alert comes
// while the first answer is read. If the client was writing at that moment, the alert is lost and
// the connection just closes.
func isTLSAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// Finding is the result of Inspect.
type Finding struct {
	Version   string
	Servers   int           // in the cluster, as far as the server tells
	RoundTrip time.Duration // to the server and back
	Time      time.Time     // the server's clock; zero if unknown
}

// Inspect connects to a cluster and checks that JetStream answers. It changes nothing.
func Inspect(ctx context.Context, opts Options) (f Finding, err error) {
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
	if stream, err := js.Stream(ctx, mailStream); err == nil { // else no gateway has used this cluster yet
		f.Time = stream.CachedInfo().TimeStamp
	}
	return f, nil
}

// InUse reports whether a process uses the data folder. It creates no file there: the file might
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
