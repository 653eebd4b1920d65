package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// footprint is what a process holds while it has nothing to do.
type footprint struct {
	goroutines int
	heap       int64 // bytes that survive a garbage collection
}

func (f footprint) String() string {
	return fmt.Sprintf("%d goroutines, %.1f MB", f.goroutines, float64(f.heap)/1e6)
}

// Allowances are how much more than at the beginning a process may hold at the end. Connections and
// timers that are about to end are goroutines too, and what users have stored has indexes in memory.
const (
	allowedGoroutines = 30
	allowedHeap       = 16 << 20
)

// exceeds reports whether f is more than base and what is allowed beside it.
func (f footprint) exceeds(base footprint) bool {
	return f.goroutines > base.goroutines+allowedGoroutines || f.heap > base.heap+base.heap/4+allowedHeap
}

// settleLimit is how long a process may take to let go of what ended: sessions last 30 s without
// their client, tunnels of the network that hang longer still.
const settleLimit = 4 * time.Minute

// settle measures until what a process holds does not exceed base, and returns the last measurement.
func settle(ctx context.Context, base footprint, measure func(context.Context) (footprint, error)) (footprint, error) {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for {
		f, err := measure(ctx)
		if err != nil || !f.exceeds(base) {
			return f, err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return f, fmt.Errorf("it leaks: it holds %v after %v, and held %v at the beginning", f, settleLimit, base)
		}
	}
}

// measureSelf measures this process, which has the clients.
func measureSelf(context.Context) (footprint, error) {
	runtime.GC()
	runtime.GC() // pools are emptied by two
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{runtime.NumGoroutine(), int64(m.HeapAlloc)}, nil
}

// gatewayGC is the gateway's GOGC: so low that a few requests bring a collection.
const gatewayGC = 25

// measure waits until the gateway has no sessions, asks it for its metrics until it has collected
// garbage twice, and returns what was left.
func (g *gateway) measure(ctx context.Context) (footprint, error) {
	var collections float64
	for first := true; ; {
		m, err := g.scrape(ctx)
		if err != nil {
			return footprint{}, err
		}
		switch {
		case m["rtm_sessions"] > 0:
			first = true
		case first:
			first, collections = false, m["go_gc_duration_seconds"]
		case m["go_gc_duration_seconds"] >= collections+2:
			// The goal of the next collection is what the last one left, and GOGC percent.
			return footprint{int(m["go_goroutines"]), int64(m["go_memstats_next_gc_bytes"] * 100 / (100 + gatewayGC))}, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return footprint{}, fmt.Errorf("measure with %v sessions open: %w", m["rtm_sessions"], ctx.Err())
		}
	}
}

// scrape returns the gateway's metrics that have one value; of a summary, how often it was observed.
func (g *gateway) scrape(ctx context.Context) (map[string]float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.metrics+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil {
		return nil, err
	}
	values := map[string]float64{}
	for name, family := range families {
		if len(family.Metric) == 1 {
			m := family.Metric[0]
			values[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetSummary().GetSampleCount())
		}
	}
	return values, nil
}
