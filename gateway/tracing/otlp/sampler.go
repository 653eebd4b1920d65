package otlp

import (
	"golang.org/x/time/rate"

	sdk "go.opentelemetry.io/otel/sdk/trace"

	"rtmwasm/gateway/tracing"
)

// callersPerSecond is how many traces a second are recorded because callers by HTTP ask for it. Anybody can
// ask, and each recorded trace costs time and traffic.
const callersPerSecond = 100

// sampler records a part of the traces that begin here, those of other gateways, and those that callers
// by HTTP ask for, up to callersPerSecond.
func sampler(ratio float64) sdk.Sampler {
	limit := rate.NewLimiter(callersPerSecond, callersPerSecond)
	return sdk.ParentBased(sdk.TraceIDRatioBased(ratio), sdk.WithRemoteParentSampled(callerSampler{limit}))
}

// callerSampler decides about traces that callers record. Above the limit it drops them. It does not select
// a part by the trace id, as for traces that begin here, because callers choose the ids.
type callerSampler struct{ limit *rate.Limiter }

// ShouldSample implements sdk.Sampler.
func (c callerSampler) ShouldSample(p sdk.SamplingParameters) sdk.SamplingResult {
	if tracing.FromGateway(p.ParentContext) || c.limit.Allow() {
		return sdk.AlwaysSample().ShouldSample(p)
	}
	return sdk.NeverSample().ShouldSample(p)
}

// Description implements sdk.Sampler.
func (callerSampler) Description() string { return "GatewaysAndCallersUpTo100PerSecond" }
