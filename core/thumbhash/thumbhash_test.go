package thumbhash

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vector is a picture made by paint, and what the format's own encoder and decoder
// (https://www.npmjs.com/package/thumbhash, 0.1.1) make of it.
type vector struct {
	Paint   string
	W, H    int
	Hash    string // base64
	DW, DH  int
	Decoded string // base64 of the pixels, of some
}

func vectors(t testing.TB) (all []vector) {
	b, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &all))
	return all
}

// paint makes the pixels of a vector. The same is in testdata/vectors.mjs.
func paint(name string, w, h int) (rgba []byte) {
	for y := range h {
		for x := range w {
			alpha := 255
			switch name {
			case "fade":
				alpha = x * 255 / w
			case "hole":
				if x > w/4 && x < w/2 && y > h/4 {
					alpha = 0
				}
			case "nothing":
				alpha = 0
			}
			if name == "grey" {
				rgba = append(rgba, 128, 128, 128, 255)
				continue
			}
			rgba = append(rgba, byte(x*255/w), byte(y*255/h), byte((x*y)%256), byte(alpha))
		}
	}
	return rgba
}

func TestAgainstTheFormatsOwnEncoder(t *testing.T) {
	for _, v := range vectors(t) {
		want, err := base64.StdEncoding.DecodeString(v.Hash)
		require.NoError(t, err)
		hash := Encode(v.W, v.H, paint(v.Paint, v.W, v.H))
		sameHash(t, want, hash, fmt.Sprintf("%s, %d × %d", v.Paint, v.W, v.H))
		w, h, rgba := Decode(want)
		assert.Equal(t, [2]int{v.DW, v.DH}, [2]int{w, h})
		if v.Decoded == "" {
			continue
		}
		want, err = base64.StdEncoding.DecodeString(v.Decoded)
		require.NoError(t, err)
		require.Len(t, rgba, len(want))
		for i := range want {
			if math.Abs(float64(want[i])-float64(rgba[i])) > 1 {
				assert.Fail(t, "other pixels", "%s, %d × %d, byte %d: %d, not %d", v.Paint, v.W, v.H, i, rgba[i], want[i])
				break
			}
		}
	}
}

// sameHash compares hashes. Frequencies may differ by one step: many of these pictures have
// none of some, and what is added up to 0 in another order is rounded up or down.
func sameHash(t *testing.T, want, got []byte, name string) {
	require.Len(t, got, len(want), name)
	head := 5
	if want[2]&0x80 != 0 {
		head = 6
	}
	assert.Equal(t, want[:head], got[:head], name)
	if want[2]>>2&31 == 0 && (int(want[3])|int(want[4])<<8)>>3&0xfff == 0 {
		return // of one colour: there is nothing to scale
	}
	for i := head; i < len(want); i++ {
		assert.InDelta(t, want[i]&15, got[i]&15, 1, "%s, byte %d", name, i)
		assert.InDelta(t, want[i]>>4, got[i]>>4, 1, "%s, byte %d", name, i)
	}
}

func TestWhatIsNoPicture(t *testing.T) {
	assert.Nil(t, Encode(0, 5, nil))
	assert.Nil(t, Encode(101, 1, make([]byte, 404)))
	assert.Nil(t, Encode(2, 2, make([]byte, 15)))
}

func TestWhatIsNoHash(t *testing.T) {
	hash := Encode(30, 20, paint("fade", 30, 20))
	for n := range hash {
		w, h, rgba := Decode(hash[:n])
		assert.Zero(t, w+h+len(rgba), "%d bytes of %d", n, len(hash))
	}
	w, h, _ := Decode(hash)
	assert.Equal(t, [2]int{32, 19}, [2]int{w, h})
}

// FuzzDecode: hashes come from strangers.
func FuzzDecode(f *testing.F) {
	for _, v := range vectors(f) {
		hash, err := base64.StdEncoding.DecodeString(v.Hash)
		require.NoError(f, err)
		f.Add(hash)
	}
	f.Fuzz(func(t *testing.T, hash []byte) {
		w, h, rgba := Decode(hash)
		assert.Len(t, rgba, 4*w*h)
		assert.LessOrEqual(t, max(w, h), 32)
	})
}
