package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// report collects the results of a run.
type report struct {
	mu     sync.Mutex
	rows   map[string]*row
	losses []string
	took   time.Duration // how long the load ran, without login and settling
}

// The kinds of operations, in the order of the table.
const (
	login       = "login"
	join        = "join"
	back        = "back after an interruption"
	peerAcked   = "peer message is acknowledged"
	peerCame    = "peer message arrives"
	roomTaken   = "channel message is taken"
	roomCame    = "channel message arrives"
	uploading   = "upload"
	downloading = "download"
)

var kinds = []string{login, join, back, peerAcked, peerCame, roomTaken, roomCame, uploading, downloading}

// row has the results of one kind of operation.
type row struct {
	times  *hdrhistogram.Histogram // in µs
	failed map[string]int          // number of failures by the text of the error
}

func newReport() *report { return &report{rows: map[string]*row{}} }

func (r *report) row(kind string) *row {
	w := r.rows[kind]
	if w == nil {
		w = &row{times: hdrhistogram.New(1, 10*time.Minute.Microseconds(), 3), failed: map[string]int{}}
		r.rows[kind] = w
	}
	return w
}

// done counts an operation that ends now, and was due at the given time.
func (r *report) done(kind string, due time.Time, err error) {
	took := time.Since(due)
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.row(kind)
	if err != nil {
		w.failed[strings.TrimSpace(err.Error())]++
		return
	}
	_ = w.times.RecordValue(max(1, took.Microseconds())) // fails above ten minutes only
}

// compare reports a loss if the two numbers differ: fewer arrived than were sent, or more.
func (r *report) compare(kind string, sent, came int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if sent != came {
		r.losses = append(r.losses, fmt.Sprintf("%s: %d should have come, %d came", kind, sent, came))
	}
}

func (r *report) bad() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	failed := 0
	for _, w := range r.rows {
		failed += len(w.failed)
	}
	return failed+len(r.losses) > 0
}

func (r *report) print(out io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "what\tcount\ta second\tp50 ms\tp99 ms\tp99.9 ms\tmax ms\tfailed\t")
	for _, kind := range kinds {
		row := r.rows[kind]
		if row == nil {
			continue
		}
		failed := 0
		for _, n := range row.failed {
			failed += n
		}
		ms := func(q float64) float64 { return float64(row.times.ValueAtQuantile(q)) / 1000 }
		n := row.times.TotalCount()
		rate := "–" // logins, joins and reconnects are not part of the timed load
		if kind != login && kind != join && kind != back {
			rate = fmt.Sprintf("%.0f", float64(n)/r.took.Seconds())
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t\n", kind, n, rate, ms(50), ms(99), ms(99.9), ms(100), failed)
	}
	_ = w.Flush() // out is the program's own output
	for _, kind := range kinds {
		if row := r.rows[kind]; row != nil {
			for _, text := range slices.Sorted(maps.Keys(row.failed)) {
				fmt.Fprintf(out, "%s failed %d times: %s\n", kind, row.failed[text], text)
			}
		}
	}
	for _, loss := range r.losses {
		fmt.Fprintln(out, "LOST", loss)
	}
}
