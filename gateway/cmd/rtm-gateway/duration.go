package main

import (
	"errors"
	"flag"
	"time"
)

// duration is a flag's value whose error says what is wanted, unlike package flag's.
type duration time.Duration

// Set implements flag.Value.
func (d *duration) Set(text string) error {
	v, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("it needs a number and a unit, such as 10s, 90m or 24h")
	}
	*d = duration(v)
	return nil
}

func (d *duration) String() string { return time.Duration(*d).String() }

// durationVar is flags.DurationVar with that error.
func durationVar(flags *flag.FlagSet, to *time.Duration, name string, value time.Duration, usage string) {
	*to = value
	flags.Var((*duration)(to), name, usage)
}
