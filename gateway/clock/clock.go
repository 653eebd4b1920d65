// Package clock is a clock that nobody can set: by it a gateway tells how long a client is silent.
package clock

import "time"

var started = time.Now()

// Now is the time since the program's start.
func Now() time.Duration { return time.Since(started) }
