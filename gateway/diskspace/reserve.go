// Package diskspace keeps disks from becoming full: less important writes check the free space first.
package diskspace

import (
	"fmt"
	"sync"
	"time"
)

// Reserve is how much must stay free on the disk of a folder. Sessions need it, because a full disk
// stops the embedded NATS server. It is safe for concurrent use.
type Reserve struct {
	Dir   string // "": the folder is not known, and Check returns nil
	Bytes int64
	Full  error // Check's error wraps it

	mu  sync.Mutex // guards the rest
	at  time.Time  // when the disk was last checked
	err error      // the result
}

// lookEvery is how long the result of a check is used.
const lookEvery = 500 * time.Millisecond

// Check returns an error that wraps r.Full if less than the reserve is free.
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
