package natsengine

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/nats-io/nats.go"
)

// Probe implements gateway.Prober. It reads keys that all gateways need, and checks that the data
// folder is writable and has space.
func (e *Engine) Probe(ctx context.Context, report func(name string, err error)) {
	report("engine", e.reachable(ctx))
	if e.embedded != nil {
		report("disk", errors.Join(writable(e.opts.Dir), e.records.reserve.Check()))
	}
}

func (e *Engine) reachable(ctx context.Context) error {
	if status := e.nc.Status(); status != nats.CONNECTED {
		return fmt.Errorf("the connection to NATS is %s", status)
	}
	if err := e.lostState(); err != nil {
		return err
	}
	if err := e.checkEpochs(ctx); err != nil {
		return fmt.Errorf("JetStream does not answer as it should: %w", err)
	}
	return nil
}

func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("the data folder cannot be written to: %w", errors.Unwrap(err))
	}
	_, err = f.Write([]byte("probe\n"))
	err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	if err != nil {
		return fmt.Errorf("the data folder cannot be written to: %w", err)
	}
	return nil
}
