package natsengine

import (
	"fmt"
	"sync"
	"time"
)

// room knows whether a folder's disk has enough left for more of something. What the
// gateway must write for sessions to work needs what is reserved: a disk that is full
// stops the embedded server.
type room struct {
	dir     string // "": of a cluster, unknown here
	reserve int64
	full    error // what check's error wraps when there is not

	mu  sync.Mutex // guards the rest
	at  time.Time  // of the last look
	err error      // what it found
}

// lookEvery is how long one look at the disk is good for.
const lookEvery = 500 * time.Millisecond

// check returns an error that is r.full when less than the reserve is left.
func (r *room) check() error {
	if r.dir == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) < lookEvery {
		return r.err
	}
	r.at, r.err = time.Now(), nil
	if free, known := FreeBytes(r.dir); known && free < r.reserve {
		r.err = fmt.Errorf("%w: %d MiB are free on the disk, %d are kept for more important things", r.full, free>>20, r.reserve>>20)
	}
	return r.err
}
