package main

import (
	"errors"
	"flag"
	"time"
)

// drainOptions say how long the gateway may take to end.
type drainOptions struct{ limit, lead time.Duration }

func (o *drainOptions) register(flags *flag.FlagSet) {
	durationVar(flags, &o.limit, "drain", 10*time.Second, "how long the gateway may take to end after SIGTERM or SIGINT: it sends clients to other gateways and finishes media requests. A second signal ends it at once")
	durationVar(flags, &o.lead, "drain-lead", 0, "how much of --drain passes before clients are sent away: the time that your load balancer needs to notice that /readyz fails")
}

func (o drainOptions) check() error {
	if o.limit < time.Second {
		return errors.New("--drain must be at least 1s")
	}
	if o.lead < 0 || o.lead > o.limit/2 {
		return errors.New("--drain-lead must be at most half of --drain")
	}
	return nil
}

// requestTimeout is how long media requests may run after the lead. Requests that are interrupted
// then have the rest of the limit to store the bytes that have arrived.
func (o drainOptions) requestTimeout() time.Duration { return (o.limit - o.lead) * 2 / 3 }
