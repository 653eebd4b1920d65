// Package time replaces the standard package time in the wasm: web/build/overlay.mjs makes the
// build use it. The core uses durations and reads the clock; its host has the timers. The standard
// package would add time zones, layouts and package syscall. This package has only what the core
// uses. A dependency that uses more does not compile.
package time

import _ "unsafe" // for go:linkname

// A Duration is a time in nanoseconds.
type Duration int64

// The usual durations.
const (
	Nanosecond  Duration = 1
	Microsecond          = 1000 * Nanosecond
	Millisecond          = 1000 * Microsecond
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
)

// Milliseconds returns d in whole milliseconds.
func (d Duration) Milliseconds() int64 { return int64(d / Millisecond) }

// A Time is a moment, in Unix time and by the steady clock, which never jumps.
type Time struct{ unixMs, steady int64 }

// now is the function of the Go runtime. It returns seconds and nanoseconds of Unix time, and
// nanoseconds of the steady clock.
//
//go:linkname now
func now() (sec int64, nsec int32, mono int64)

// Now returns the current time.
func Now() Time {
	sec, nsec, mono := now()
	return Time{sec*1000 + int64(nsec)/1e6, mono}
}

// Since returns the time that has passed since t.
func Since(t Time) Duration { return Duration(Now().steady - t.steady) }

// UnixMilli returns t as milliseconds of Unix time.
func (t Time) UnixMilli() int64 { return t.unixMs }
