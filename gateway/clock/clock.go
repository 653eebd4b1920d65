// Package clock is a clock that nobody can set. Gateways measure with it how long a client is
// silent.
package clock

import "time"

var started = time.Now()

// Now returns the time since the program started.
func Now() time.Duration { return time.Since(started) }
