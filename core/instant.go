package core

import "time"

// instant is a moment, counted from the program's start; 0 is none. State keeps it in
// place of a time.Time: the methods of a type that an interface can reach stay in the
// binary, and those of time.Time bring layouts and time zones.
type instant int64

var began = time.Now()

func now() instant { return instant(time.Since(began)) }

func since(t instant) time.Duration { return time.Duration(now() - t) }

// unixMs is this machine's clock, which people set: to compare with a gateway's only.
func unixMs() int64 { return time.Now().UnixMilli() }
