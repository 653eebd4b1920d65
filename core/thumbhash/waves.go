package thumbhash

import "math"

// waves are the cosines of all frequencies along a picture's width and height.
type waves struct {
	w, h int
	x, y [7][]float64 // by frequency
}

func newWaves(w, h int) *waves {
	s := &waves{w: w, h: h}
	for c := range s.x {
		s.x[c], s.y[c] = wave(c, w), wave(c, h)
	}
	return s
}

func wave(frequency, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Cos(math.Pi / float64(n) * float64(frequency) * (float64(i) + 0.5))
	}
	return out
}

// encode finds how strong each frequency is in a plane.
func (s *waves) encode(plane []float64, nx, ny int) channel {
	c := channel{nx: nx, ny: ny}
	c.each(func(cx, cy int) {
		f := 0.0
		for y, fy := range s.y[cy] {
			row := 0.0
			for x, value := range plane[y*s.w : (y+1)*s.w] {
				row += value * s.x[cx][x]
			}
			f += row * fy
		}
		f /= float64(s.w * s.h)
		if cx+cy == 0 {
			c.dc = f
			return
		}
		c.ac = append(c.ac, f)
		c.scale = max(c.scale, math.Abs(f))
	})
	for i := range c.ac {
		if c.scale > 0 {
			c.ac[i] /= c.scale
		} else {
			c.ac[i] = -1 // as the format's own encoder has it
		}
	}
	return c
}

// decode adds the frequencies of a channel up.
func (s *waves) decode(c *channel) []float64 {
	plane := make([]float64, s.w*s.h)
	for i := range plane {
		plane[i] = c.dc
	}
	ac := c.ac
	c.each(func(cx, cy int) {
		if cx+cy == 0 {
			return
		}
		f := 2 * ac[0] * c.scale
		ac = ac[1:]
		for y, fy := range s.y[cy] {
			for x, fx := range s.x[cx] {
				plane[y*s.w+x] += f * fx * fy
			}
		}
	})
	return plane
}
