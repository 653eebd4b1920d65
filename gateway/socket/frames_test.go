package socket

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wsFrame is a frame as clients send them, with a mask of zeros.
func wsFrame(first byte, payload int) []byte {
	b := []byte{first}
	switch {
	case payload < 126:
		b = append(b, 0x80|byte(payload))
	case payload < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(payload))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(payload))
	}
	return append(b, make([]byte, 4+payload)...)
}

const (
	fin          = 0x80
	opFragment   = 0
	opTextFrame  = 1
	opBinary     = 2
	opCloseFrame = 8
	opPing       = 9
	opPong       = 10
)

func TestFrameScanner(t *testing.T) {
	for _, c := range []struct {
		name            string
		first           byte
		payload         int
		messages, extra int
	}{
		{"message", fin | opBinary, 10, 1, 0},
		{"empty message", fin | opBinary, 0, 1, 0},
		{"large message", fin | opBinary, 30000, 1, 0},
		{"huge message", fin | opBinary, 70000, 1, 0},
		{"ping", fin | opPing, 0, 0, 1},
		{"ping with payload", fin | opPing, 125, 0, 1},
		{"pong", fin | opPong, 3, 0, 1},
		{"close", fin | opCloseFrame, 2, 0, 1},
		{"ping in parts, which is not allowed", opPing, 1, 0, 1},
		{"first fragment, empty", opBinary, 0, 0, 1},
		{"fragment, small", opFragment, smallFragment - 1, 0, 1},
		{"fragment", opFragment, smallFragment, 0, 0},
		{"last fragment, empty", fin | opFragment, 0, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s frameScanner
			messages, extra := s.scan(wsFrame(c.first, c.payload))
			assert.Equal(t, c.messages, messages)
			assert.Equal(t, c.extra, extra)
			assert.Equal(t, frameScanner{header: s.header}, s, "nothing is left")
		})
	}
}

// However the bytes are cut, the same is found in them.
func TestFrameScannerInPieces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var all []byte
		messages, extra := 0, 0
		for range 30 {
			first := []byte{fin | opBinary, fin | opPing, fin | opPong, opBinary, opFragment}[random.IntN(5)]
			payload := []int{0, 1, 125, 126, 600, 70000}[random.IntN(6)]
			all = append(all, wsFrame(first, payload)...)
			switch {
			case first&8 != 0, first&fin == 0 && payload < smallFragment:
				extra++
			case first&fin != 0:
				messages++
			}
		}
		var s frameScanner
		for len(all) > 0 {
			n := min(len(all), 1+random.IntN(1<<random.IntN(14)))
			m, e := s.scan(all[:n])
			all, messages, extra = all[n:], messages-m, extra-e
		}
		require.Zero(t, messages)
		require.Zero(t, extra)
	}
}

func FuzzFrameScanner(f *testing.F) {
	f.Add(append(wsFrame(fin|opPing, 3), wsFrame(fin|opBinary, 200)...), uint16(3))
	f.Add([]byte{fin | opBinary, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, uint16(5))
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		var whole, pieces frameScanner
		m1, e1 := whole.scan(b)
		at := int(cut) % (len(b) + 1)
		m2, e2 := pieces.scan(b[:at])
		m3, e3 := pieces.scan(b[at:])
		require.Equal(t, [2]int{m1, e1}, [2]int{m2 + m3, e2 + e3})
	})
}
