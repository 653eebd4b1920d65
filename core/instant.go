package core

import "time"

// instant is a point in time, counted from the program's start; 0 means unset. It replaces
// time.Time to make the binary smaller: the linker keeps all methods that an interface can reach,
// and those of time.Time need layouts and time zones.
type instant int64

var began = time.Now()

func now() instant { return instant(time.Since(began)) }

func since(t instant) time.Duration { return time.Duration(now() - t) }

// unixMs returns this machine's clock in Unix ms. People may set it, so use it only to compare it
// with a gateway's clock.
func unixMs() int64 { return time.Now().UnixMilli() }
