package token

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type vendorToken struct {
	Name  string
	Good  bool // alice may log in
	Token string
}

// vendorTokens were minted by the vendor's builders, see testdata/mint.mjs.
func vendorTokens(t testing.TB) (all []vendorToken) {
	b, err := os.ReadFile("testdata/vendor.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &all))
	require.Greater(t, len(all), 50)
	return all
}

func TestTokensOfTheVendorsBuilders(t *testing.T) {
	for _, c := range vendorTokens(t) {
		t.Run(c.Name, func(t *testing.T) {
			expiry, err := Verify(c.Token, app, "alice", []string{certificate}, time.Unix(issued, 0))
			if !c.Good {
				assert.Equal(t, NoService, fault(t, err))
				return
			}
			require.NoError(t, err)
			assert.EqualValues(t, issued+3600, expiry.Unix())
			_, err = Verify(c.Token, app, "bob", []string{certificate}, time.Unix(issued, 0))
			assert.Equal(t, WrongUser, fault(t, err))
		})
	}
}

// packed has a service of each type. Names that look like other services must not confuse.
var packed = []string{
	u16(1) + right(1, 60) + text("room") + text(""),
	u16(2) + right(1, 3600) + text("alice"),
	u16(3) + u16(0) + text("") + text("1"),
	u16(4) + right(1, 60),
	u16(5) + u16(2) + u16(1) + u32(60) + u16(2) + u32(60) + text("\x02\x00\x00\x00"),
	u16(6) + right(1, 60) + text("room") + text("bob"),
	u16(7) + right(1, 60) + text("room") + text("alice") + "\xff\xff",
	u16(8) + right(1, 60) + text("bob") + u16(2) + u16(0) + u16(1) + u16(0) + u16(2) + text("a") + text("") + u16(4) + u16(0),
	u16(9) + right(1, 60),
	u16(10) + u16(0),
}

// Services may stand in any order: all orders of any three beside RTM, and of all ten some.
func TestServicesInAnyOrder(t *testing.T) {
	for a := range packed {
		for b := range packed {
			for c := range packed {
				if a == b || b == c || a == c {
					continue
				}
				order := []string{packed[a], packed[b], packed[c]}
				rtm := a == 1 || b == 1 || c == 1
				for at := range 4 {
					now := order
					if !rtm {
						now = append(append(append([]string{}, order[:at]...), packed[1]), order[at:]...)
					}
					name := fmt.Sprint(a+1, b+1, c+1, at)
					expiry, err := Verify(sealed(issued, 3600, uint16(len(now)), strings.Join(now, "")), app, "alice", []string{certificate}, time.Unix(issued, 0))
					require.NoError(t, err, name)
					require.EqualValues(t, issued+3600, expiry.Unix(), name)
				}
			}
		}
	}
	for step := 1; step < len(packed); step++ { // prime to 11, so each step visits all
		var now []string
		for i := range packed {
			now = append(now, packed[(i+1)*step%11-1])
		}
		_, err := Verify(sealed(issued, 3600, 10, strings.Join(now, "")), app, "alice", []string{certificate}, time.Unix(issued, 0))
		require.NoError(t, err, step)
	}
}

func TestUnknownServiceIsNamed(t *testing.T) {
	_, err := Verify(sealed(issued, 3600, 2, u16(99)+right(1, 60)+packed[1]), app, "alice", []string{certificate}, time.Unix(issued, 0))
	assert.ErrorContains(t, err, "add RTM first")
}
