package natsengine

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// syncInterval is how often files are synced to the disk. A power failure may lose what was written
// since the last sync. A killed process loses nothing that it acknowledged. The server's default is
// two minutes. Measured: a sync each second costs nothing; a sync at each write makes storing 30
// MiB take 1.5 times as long, and 100 KB three times as long.
const syncInterval = time.Second

// maxStore is the server's limit in bytes. It is never reached: diskspace.Reserve keeps space free.
// The default, three quarters of the disk space that is free at start, would stop sessions and
// messages along with media.
const maxStore = 1 << 60

// startTimeout limits the start of the embedded server, including recovery of its data.
const startTimeout = time.Minute

// ErrInUse means that another process uses the data folder.
var ErrInUse = errors.New("is in use by another gateway")

// embedded is a NATS server inside this process, and the lock of its data folder.
type embedded struct {
	*server.Server
	unlock func()
}

func startEmbedded(dir string) (*embedded, error) {
	unlock, err := lockDir(dir)
	if err != nil {
		return nil, fmt.Errorf("natsengine: data folder: %w", err)
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "rtm-gateway",
		DontListen: true,
		JetStream:  true,
		StoreDir:   dir,
		NoSigs:     true,

		JetStreamMaxStore: maxStore,

		SyncInterval: syncInterval,
	})
	if err != nil {
		unlock()
		return nil, fmt.Errorf("natsengine: configure server: %w", err)
	}
	e := &embedded{Server: srv, unlock: unlock}
	srv.Start()
	if !srv.ReadyForConnections(startTimeout) {
		e.stop()
		return nil, fmt.Errorf("natsengine: no server on %s after %v", dir, startTimeout)
	}
	return e, nil
}

// stop returns when all files are flushed.
func (e *embedded) stop() {
	e.Shutdown()
	e.WaitForShutdown()
	e.unlock()
}
