package otlp

import (
	"golang.org/x/time/rate"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// callersPerSecond is how many traces a second are recorded because their callers ask for it. Anybody can
// send such a request, and each recorded one costs time and traffic.
const callersPerSecond = 100

// sampler records a part of the traces that begin here, and those that callers have recorded.
func sampler(ratio float64) sdk.Sampler {
	own := sdk.TraceIDRatioBased(ratio)
	return sdk.ParentBased(own, sdk.WithRemoteParentSampled(&asked{rate.NewLimiter(callersPerSecond, callersPerSecond), own}))
}

// asked records what callers ask for while there are not too many of them, then a part of it.
type asked struct {
	limit *rate.Limiter
	rest  sdk.Sampler
}

// ShouldSample implements sdk.Sampler.
func (a *asked) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	if a.limit.Allow() {
		return sdk.AlwaysSample().ShouldSample(p)
	}
	return a.rest.ShouldSample(p)
}

// Description implements sdk.Sampler.
func (a *asked) Description() string { return "CallersUpTo100PerSecond" }
