package core

// rateWindow counts events in a sliding window. Its memory is bounded by the limit.
type rateWindow struct {
	at   [SendRate]instant // a ring of the latest
	next int
}

// allow takes a place at now, or reports that SendRate places were taken within
// the last SendRateWindow.
func (w *rateWindow) allow(now instant) bool {
	oldest := w.at[w.next]
	if oldest != 0 && now-oldest < instant(SendRateWindow) {
		return false
	}
	w.at[w.next] = now
	w.next = (w.next + 1) % len(w.at)
	return true
}
