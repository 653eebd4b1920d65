package gateway

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for _, test := range []struct{ sender, said, want string }{
		{"198.51.100.7:50000", "", "198.51.100.7"},
		{"198.51.100.7:50000", "203.0.113.1", "198.51.100.7"}, // not a proxy of ours
		{"10.0.0.1:50000", "203.0.113.1", "203.0.113.1"},
		{"10.0.0.1:50000", "6.6.6.6, 203.0.113.1", "203.0.113.1"}, // the first was invented
		{"10.0.0.1:50000", "203.0.113.1, 10.0.0.2", "203.0.113.1"},
		{"10.0.0.1:50000", "", "10.0.0.1"},
		{"10.0.0.1:50000", "nonsense", "10.0.0.1"},
		{"[2001:db8::1]:50000", "2a00::5", "2a00::5"},
		{"[::ffff:10.0.0.1]:50000", "::ffff:203.0.113.1", "203.0.113.1"},
		{"@", "203.0.113.1", "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: test.sender, Header: http.Header{}}
		if test.said != "" {
			r.Header.Set("X-Forwarded-For", test.said)
		}
		assert.Equal(t, test.want, ClientAddress(r, proxies).String(), test)
	}
}

func FuzzClientAddress(f *testing.F) {
	f.Add("10.0.0.1:1", "1.2.3.4, 10.0.0.2")
	f.Fuzz(func(t *testing.T, sender, said string) {
		r := &http.Request{RemoteAddr: sender, Header: http.Header{"X-Forwarded-For": {said}}}
		direct := ClientAddress(r, nil)
		trusting := ClientAddress(r, []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")})
		require.Equal(t, direct.IsValid(), trusting.IsValid())
		Network(trusting)
	})
}

func TestAdmission(t *testing.T) {
	now := time.Now()
	a := newAdmission(Limits{AddressConnections: 2, AddressRate: 3})
	enter := func(address string) (func(), *rejection) { return a.enter(netip.MustParseAddr(address), now) }

	leave, no := enter("2a00::1")
	require.Nil(t, no)
	_, no = enter("2a00::2")
	require.Nil(t, no)
	_, no = enter("2a00::3")
	require.NotNil(t, no, "the same network")
	assert.True(t, no.first)
	_, no = enter("2a00::3")
	assert.False(t, no.first, "one line in the log is enough")
	_, no = enter("2a00:0:0:1::1")
	assert.Nil(t, no, "another network")

	leave()
	leave, no = enter("2a00::3")
	require.Nil(t, no)
	leave()
	_, no = enter("2a00::3")
	require.NotNil(t, no, "three in ten seconds")
	now = now.Add(addressWindow)
	_, no = enter("2a00::3")
	assert.Nil(t, no)

	for _, unbounded := range []string{"127.0.0.1", "::1", "192.168.1.1", "fd00::1"} {
		for range 5 {
			_, no = enter(unbounded)
			assert.Nil(t, no, unbounded)
		}
	}
}

// However many addresses come, what is kept of them is bounded.
func TestAdmissionForgets(t *testing.T) {
	now := time.Now()
	a := newAdmission(Limits{}.withDefaults())
	for i := range 3 * maxVisitors {
		if i%maxVisitors == 0 {
			now = now.Add(addressWindow)
		}
		leave, no := a.enter(netip.AddrFrom4([4]byte{1, byte(i >> 16), byte(i >> 8), byte(i)}), now)
		require.Nil(t, no)
		leave()
	}
	assert.LessOrEqual(t, len(a.visitors), maxVisitors+1)
}
