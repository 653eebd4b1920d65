// Package diskspace keeps a disk from becoming full: what can wait asks before it writes.
package diskspace

import (
	"fmt"
	"sync"
	"time"
)

// Reserve is what must stay free on the disk of a folder. What the gateway must write for
// sessions to work needs it: a disk that is full stops the embedded NATS server. It is safe
// for concurrent use.
type Reserve struct {
	Dir   string // "": not known here, Check finds nothing
	Bytes int64
	Full  error // what Check's error wraps

	mu  sync.Mutex // guards the rest
	at  time.Time  // of the last look
	err error      // what it found
}

// lookEvery is how long one look at the disk is good for.
const lookEvery = 500 * time.Millisecond

// Check returns an error that is r.Full when less than the reserve is left.
func (r *Reserve) Check() error {
	if r.Dir == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) < lookEvery {
		return r.err
	}
	r.at, r.err = time.Now(), nil
	if free, known := Free(r.Dir); known && free < r.Bytes {
		r.err = fmt.Errorf("%w: %d MiB are free on the disk, %d are kept for more important things", r.Full, free>>20, r.Bytes>>20)
	}
	return r.err
}
