// Package thumbhash writes and reads ThumbHash, a picture in about 25 bytes: enough for its
// colours, rough shapes, transparency and proportions, to be shown until the picture itself
// is there. The format is described at https://evanw.github.io/thumbhash/.
//
// A hash has the lowest frequencies of a cosine transform of brightness (l), of two colour
// differences (p, yellow to blue, and q, red to green) and of opacity (a), 4 bits each.
package thumbhash

import "math"

// MaxSide is the longest side, in pixels, of a picture to be hashed. Larger ones have no
// better hash.
const MaxSide = 100

// decodedSide is the longest side of a decoded hash.
const decodedSide = 32

// most is how many frequencies brightness has along the longer side, the others having 3
// of colour and 5 of opacity.
func most(transparent bool) int {
	if transparent {
		return 5
	}
	return 7
}

// channel is one of the four in the frequency domain.
type channel struct {
	nx, ny    int
	dc, scale float64
	ac        []float64 // from -1 to 1, to be multiplied by scale
}

// each calls f with the frequencies that a channel has, those of a triangle, in the order
// of the format. The first is the mean, dc.
func (c *channel) each(f func(cx, cy int)) {
	for cy := range c.ny {
		for cx := 0; cx*c.ny < c.nx*(c.ny-cy); cx++ {
			f(cx, cy)
		}
	}
}

// Encode hashes a picture of w × h pixels, at most [MaxSide] each: 4 bytes each, red,
// green, blue and opacity, as a canvas has them. It returns nil if these numbers do not
// fit each other.
func Encode(w, h int, rgba []byte) []byte {
	if w < 1 || h < 1 || w > MaxSide || h > MaxSide || len(rgba) != 4*w*h {
		return nil
	}
	planes, transparent := split(rgba)
	n := most(transparent)
	longer := max(w, h)
	lx := max(1, round(float64(n*w)/float64(longer)))
	ly := max(1, round(float64(n*h)/float64(longer)))
	waves := newWaves(w, h)
	l := waves.encode(planes[0], max(3, lx), max(3, ly))
	p := waves.encode(planes[1], 3, 3)
	q := waves.encode(planes[2], 3, 3)

	var out writer
	out.bits(6, 63*l.dc)
	out.bits(6, 31.5+31.5*p.dc)
	out.bits(6, 31.5+31.5*q.dc)
	out.bits(5, 31*l.scale)
	out.flag(transparent)
	if w > h {
		out.bits(3, float64(ly))
	} else {
		out.bits(3, float64(lx))
	}
	out.bits(6, 63*p.scale)
	out.bits(6, 63*q.scale)
	out.flag(w > h)
	channels := []channel{l, p, q}
	if transparent {
		a := waves.encode(planes[3], 5, 5)
		out.bits(4, 15*a.dc)
		out.bits(4, 15*a.scale)
		channels = append(channels, a)
	}
	for _, c := range channels {
		for _, f := range c.ac {
			out.bits(4, 7.5+7.5*f)
		}
	}
	return out.b
}

// split makes planes of brightness, colours and opacity. Transparent pixels get the mean
// colour, so that what can't be seen does not count.
func split(rgba []byte) (planes [4][]float64, transparent bool) {
	var r, g, b, a float64
	for ; len(rgba) >= 4; rgba = rgba[4:] {
		alpha := float64(rgba[3]) / 255
		planes[3] = append(planes[3], alpha)
		planes[0] = append(planes[0], alpha*float64(rgba[0])/255)
		planes[1] = append(planes[1], alpha*float64(rgba[1])/255)
		planes[2] = append(planes[2], alpha*float64(rgba[2])/255)
		i := len(planes[3]) - 1
		r, g, b, a = r+planes[0][i], g+planes[1][i], b+planes[2][i], a+alpha
	}
	if a > 0 {
		r, g, b = r/a, g/a, b/a
	}
	for i, alpha := range planes[3] {
		red, green, blue := planes[0][i]+r*(1-alpha), planes[1][i]+g*(1-alpha), planes[2][i]+b*(1-alpha)
		planes[0][i] = (red + green + blue) / 3
		planes[1][i] = (red+green)/2 - blue
		planes[2][i] = red - green
	}
	return planes, a < float64(len(planes[3]))
}

// Size is that of a decoded hash: its longer side has 32 pixels. It is 0, 0 for what can
// be no hash.
func Size(hash []byte) (w, h int) {
	if len(hash) < 5 {
		return 0, 0
	}
	longer, shorter := most(hash[2]&0x80 != 0), int(hash[3]&7)
	if shorter == 0 || shorter > longer {
		return 0, 0
	}
	side := round(decodedSide * float64(shorter) / float64(longer))
	if hash[4]&0x80 != 0 {
		return decodedSide, side
	}
	return side, decodedSide
}

// Decode makes a picture of a hash, in the form that Encode takes. It returns nothing for
// what can be no hash.
func Decode(hash []byte) (w, h int, rgba []byte) {
	w, h = Size(hash)
	if w == 0 {
		return 0, 0, nil
	}
	in := reader{b: hash}
	var l, p, q channel
	l.dc = in.bits(6) / 63
	p.dc = in.bits(6)/31.5 - 1
	q.dc = in.bits(6)/31.5 - 1
	l.scale = in.bits(5) / 31
	transparent := in.bits(1) > 0
	n := most(transparent)
	shorter := max(3, int(in.bits(3)))
	p.scale = in.bits(6) / 63 * 1.25 // stronger colours than were stored look better
	q.scale = in.bits(6) / 63 * 1.25
	l.nx, l.ny = shorter, n
	if in.bits(1) > 0 {
		l.nx, l.ny = n, shorter
	}
	p.nx, p.ny, q.nx, q.ny = 3, 3, 3, 3
	a := channel{dc: 1}
	if transparent {
		a = channel{nx: 5, ny: 5, dc: in.bits(4) / 15, scale: in.bits(4) / 15}
	}
	waves := newWaves(w, h)
	var planes [4][]float64
	for i, c := range []*channel{&l, &p, &q, &a} {
		c.each(func(cx, cy int) {
			if cx+cy > 0 {
				c.ac = append(c.ac, in.bits(4)/7.5-1)
			}
		})
		planes[i] = waves.decode(c)
	}
	if in.n > 8*len(hash) {
		return 0, 0, nil
	}
	for i, l := range planes[0] {
		p, q := planes[1][i], planes[2][i]
		blue := l - 2.0/3*p
		red := (3*l - blue + q) / 2
		rgba = append(rgba, level(red), level(red-q), level(blue), level(planes[3][i]))
	}
	return w, h, rgba
}

// level is a part of 1 as a byte.
func level(f float64) byte { return byte(255 * min(1, max(0, f))) }

// round is JavaScript's Math.round, by which the format's own encoder rounds.
func round(f float64) int { return int(math.Floor(f + 0.5)) }
