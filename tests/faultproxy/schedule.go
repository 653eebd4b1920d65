package faultproxy

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"time"
)

// Kind is what a Fault does.
type Kind string

// The faults. "Both sides" are the client's connection and the gateway's.
const (
	Delay    Kind = "delay"    // from here on, each piece waits For before it goes on
	Stall    Kind = "stall"    // nothing moves either way for For; then it goes on
	Cut      Kind = "cut"      // FIN to both sides
	Reset    Kind = "reset"    // RST to both sides
	Strand   Kind = "strand"   // FIN to the client; the gateway hears nothing for For, then FIN
	Truncate Kind = "truncate" // FIN to the client in mid-answer; the gateway is let finish
	Repeat   Kind = "repeat"   // all that came from the client so far is delivered again, on a connection of its own, and the answer dropped
	Refuse   Kind = "refuse"   // this and the next media connections are answered 503, Times in all
)

// Direction is the way in which a Fault counts bytes.
type Direction int

// The directions.
const (
	Up   Direction = iota // from the client
	Down                  // from the gateway
)

func (d Direction) String() string { return [...]string{"up", "down"}[d] }

// Class is what a connection carries. Each class has its own count of connections.
type Class string

// The classes.
const (
	Socket Class = "socket" // the WebSocket at /rtm
	Media  Class = "media"  // anything else
)

// Fault happens once on a connection, when After bytes have passed in its direction.
type Fault struct {
	Kind  Kind
	Way   Direction
	After int64
	For   time.Duration // of Delay, Stall and Strand
	Times int           // of Refuse
}

func (f Fault) String() string {
	s := fmt.Sprintf("%s after %d bytes %v", f.Kind, f.After, f.Way)
	switch {
	case f.For > 0:
		s += " for " + f.For.String()
	case f.Times > 0:
		s = fmt.Sprintf("%s %d times", f.Kind, f.Times)
	}
	return s
}

// Schedule says what happens to each connection.
type Schedule interface {
	// Faults are those of the nth connection of a class, counted from 0, in the
	// order in which they happen within a direction.
	Faults(class Class, n int) []Fault
}

// Random is a Schedule drawn from a seed: the same seed gives each connection the
// same faults, whatever happened before.
//
// It never keeps a session from its gateway for longer than it lives: hangs (stalls
// of more than a second) meet at most every third socket, and every third may say at
// least calm bytes undisturbed.
type Random struct {
	Seed uint64

	// Hang is the longest stall of a socket, MediaHang that of other connections;
	// below a second there are only short ones.
	Hang, MediaHang time.Duration
}

// calm is enough for a session to be taken up, in bytes of either direction.
const calm = 4096

// The most bytes before a fault: about what a connection carries.
const (
	socketSpan = 16 << 10
	mediaSpan  = 8 << 20
)

// Faults implements Schedule.
func (s Random) Faults(class Class, n int) []Fault {
	stream := uint64(n) << 1
	span := int64(mediaSpan)
	first := int64(1)
	hang := s.MediaHang
	if class == Socket {
		stream |= 1
		span, hang = socketSpan, s.Hang
		if n%3 == 2 {
			first = calm
		}
		if n%3 != 0 {
			hang = 0
		}
	}
	d := dice{rand.New(rand.NewPCG(s.Seed, stream))}
	return d.faults(class, first, span, hang)
}

type dice struct{ *rand.Rand }

func (d dice) faults(class Class, first, span int64, hang time.Duration) (out []Fault) {
	if d.Float64() < 0.2 {
		out = append(out, Fault{Kind: Delay, Way: Direction(d.IntN(2)), For: d.between(time.Millisecond, 30*time.Millisecond)})
	}
	f := Fault{Way: Direction(d.IntN(2)), After: max(first, d.bytes(span))}
	kinds := []Kind{"", Cut, Cut, Reset, Reset, Stall, Stall, Strand, Truncate}
	if class == Media {
		kinds = append(kinds, "", "", Refuse, Repeat)
	}
	switch f.Kind = kinds[d.IntN(len(kinds))]; f.Kind {
	case "":
		return out
	case Stall:
		f.For = d.stall(hang)
		out = append(out, f)
		then := []Kind{"", Cut, Reset}[d.IntN(3)]
		if then == "" {
			return out
		}
		f = Fault{Kind: then, Way: f.Way, After: f.After}
	case Strand:
		f.For = d.stall(max(hang, 3*time.Second))
	case Truncate:
		f.Way = Down
	case Repeat:
		f = Fault{Kind: Repeat, Way: Down, After: 1} // the request has arrived: it is answered
	case Refuse:
		f = Fault{Kind: Refuse, Times: 1 + d.IntN(4)}
	}
	return append(out, f)
}

// bytes draws small and large counts alike: every power of two is as likely.
func (d dice) bytes(most int64) int64 {
	limit := int64(1) << d.IntN(bits.Len64(uint64(most))-1)
	return limit + d.Int64N(limit)
}

func (d dice) stall(hang time.Duration) time.Duration {
	if hang > time.Second && d.IntN(3) == 0 {
		return d.between(time.Second, hang)
	}
	return d.between(10*time.Millisecond, time.Second)
}

func (d dice) between(from, to time.Duration) time.Duration {
	return (from + time.Duration(d.Int64N(int64(to-from)))).Round(time.Millisecond)
}
