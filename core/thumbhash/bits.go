package thumbhash

// writer puts numbers of a few bits one behind the other, the lowest bits first.
type writer struct {
	b []byte
	n int // bits
}

// bits writes a number, rounded and cut to what n bits can hold.
func (w *writer) bits(n int, f float64) {
	v := min(max(round(f), 0), 1<<n-1)
	for ; n > 0; n-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v&1) << (w.n % 8)
		v >>= 1
		w.n++
	}
}

func (w *writer) flag(set bool) {
	if set {
		w.bits(1, 1)
	} else {
		w.bits(1, 0)
	}
}

// reader is the other way round. What is missing is 0.
type reader struct {
	b []byte
	n int
}

func (r *reader) bits(n int) float64 {
	v := 0
	for i := range n {
		if r.n/8 < len(r.b) {
			v |= int(r.b[r.n/8]>>(r.n%8)&1) << i
		}
		r.n++
	}
	return float64(v)
}
