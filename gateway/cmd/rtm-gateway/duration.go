package main

import (
	"errors"
	"flag"
	"math"
	"strconv"
	"strings"
	"time"
)

// duration is the value of a flag. It may begin with days, as in 7d or 1d12h. Unlike the
// durations of package flag, it is printed without zeros, as 7d or 1h, and its error says what
// was expected.
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

// String returns the shortest text that Set reads as d.
func (d duration) String() string {
	v := time.Duration(d)
	if v > 0 && v%day == 0 {
		return strconv.FormatInt(int64(v/day), 10) + "d"
	}
	text := v.String()
	if v%time.Minute == 0 && v != 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if v%time.Hour == 0 && v != 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// durationVar is flags.DurationVar for a duration.
func durationVar(flags *flag.FlagSet, to *time.Duration, name string, value time.Duration, usage string) {
	*to = value
	flags.Var((*duration)(to), name, usage)
}
