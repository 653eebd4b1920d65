package token

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func grant() Grant {
	return Grant{App: app, Certificate: certificate, UID: "alice", Issued: time.Unix(issued, 0), Validity: time.Hour}
}

// The same numbers make what the vendor's library made; only zlib may pack otherwise.
func TestMintsWhatTheVendorMints(t *testing.T) {
	for v, vendors := range map[Version]string{V006: old, V007: rtmOnly} {
		ours, err := mint(v, grant(), 12345678)
		require.NoError(t, err)
		assert.Equal(t, unpacked(vendors), unpacked(ours), v)
		assert.Equal(t, vendors[:3], ours[:3])
	}
}

func TestMintedTokensAreGood(t *testing.T) {
	for _, v := range []Version{V006, V007} {
		g := grant()
		g.UID, g.Issued, g.Validity = unusualUID, time.Now(), MaxValidity
		first, err := Mint(v, g)
		require.NoError(t, err)
		second, err := Mint(v, g)
		require.NoError(t, err)
		assert.NotEqual(t, first, second, "the salt differs")
		expiry, err := Verify(first, app, unusualUID, []string{certificate}, time.Now())
		require.NoError(t, err)
		assert.Equal(t, g.Issued.Add(MaxValidity).Unix(), expiry.Unix())
	}
}

func TestMintRefuses(t *testing.T) {
	for name, change := range map[string]func(*Grant){
		"app":         func(g *Grant) { g.App = "short" },
		"certificate": func(g *Grant) { g.Certificate = "" },
		"user":        func(g *Grant) { g.UID = "" },
		"no validity": func(g *Grant) { g.Validity = 0 },
		"too long":    func(g *Grant) { g.Validity = MaxValidity + time.Second },
	} {
		g := grant()
		change(&g)
		_, err := Mint(V007, g)
		assert.Error(t, err, name)
	}
	_, err := Mint("008", grant())
	assert.ErrorContains(t, err, "006 or 007")
}
