package main

import (
	"errors"
	"flag"
	"math"
	"strconv"
	"strings"
	"time"
)

// duration is a flag's value that may begin with days, as in 7d or 1d12h, and whose error says
// what is wanted, unlike package flag's.
type duration time.Duration

const (
	day     = 24 * time.Hour
	maxDays = int64(math.MaxInt64 / day)
)

var errDuration = errors.New("it needs a number and a unit, such as 10s, 90m, 24h or 7d")

// Set implements flag.Value.
func (d *duration) Set(text string) error {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	} else if rest == "" {
		rest = "0s"
	}
	n, err := strconv.ParseInt(days, 10, 64)
	if err != nil || n < 0 || n >= maxDays {
		return errDuration
	}
	v, err := time.ParseDuration(rest)
	total := time.Duration(n)*day + v
	if err != nil || found && (v < 0 || total < v) {
		return errDuration
	}
	*d = duration(total)
	return nil
}

func (d *duration) String() string { return time.Duration(*d).String() }

// durationVar is flags.DurationVar with that error.
func durationVar(flags *flag.FlagSet, to *time.Duration, name string, value time.Duration, usage string) {
	*to = value
	flags.Var((*duration)(to), name, usage)
}
