package natsengine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// reconnectWait is the time between two attempts to reach a cluster again.
const reconnectWait = 250 * time.Millisecond

// connect opens a connection to the embedded server or to a server of the cluster. A connection to
// a cluster reconnects for as long as the engine is open.
func (e *Engine) connect(name string, more ...nats.Option) (*nats.Conn, error) {
	log := e.opts.Logger.With("connection", name)
	options := []nats.Option{
		nats.Name(name),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Error("the NATS client reports an error", "error", err)
			if errors.Is(err, nats.ErrSlowConsumer) {
				e.drops.note(time.Now())
			}
		}),
	}
	if e.embedded != nil {
		return nats.Connect("", append(options, nats.InProcessServer(e.embedded))...)
	}
	options = append(options, nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait),
		nats.PingInterval(natsPing), nats.MaxPingsOutstanding(natsPingsLost))
	options = append(options, more...)
	o := e.opts
	if o.Credentials != "" {
		options = append(options, nats.UserCredentials(o.Credentials))
	}
	if o.CA != "" {
		options = append(options, nats.RootCAs(o.CA))
	}
	if o.Cert != "" || o.Key != "" {
		options = append(options, nats.ClientCert(o.Cert, o.Key))
	}
	return nats.Connect(strings.Join(o.Servers, ","), options...)
}

// dial calls connect, and adds to an error what failed.
func (e *Engine) dial(name string, more ...nats.Option) (*nats.Conn, error) {
	nc, err := e.connect(name, more...)
	if err != nil {
		return nil, fmt.Errorf("natsengine: connect: %w", err)
	}
	return nc, nil
}
