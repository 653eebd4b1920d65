package natsengine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

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
