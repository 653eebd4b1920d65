package session

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

func FuzzParseCredential(f *testing.F) {
	f.Add(credential{user: User{App: "0123456789abcdef0123456789abcdef", ID: "a.b c"}, session: randomText(), secret: randomText()}.String())
	f.Add("...")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := parseCredential(text)
		if !ok {
			return
		}
		require.True(t, core.ValidAppID(c.user.App) && core.ValidID(c.user.ID))
		again, ok := parseCredential(c.String())
		require.True(t, ok)
		require.Equal(t, c, again)
		require.True(t, c.opens(c.session, sha256.Sum256([]byte(c.secret))))
	})
}
