package natsengine

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

// FuzzKeys: a key that parses is the one its parts make.
func FuzzKeys(f *testing.F) {
	f.Add(userKey(gateway.User{App: "app", ID: "a.b *>"}))
	f.Add(memberKey(gateway.Room{App: "app", Channel: "c c"}, "ada"))
	f.Add("..")
	f.Fuzz(func(t *testing.T, key string) {
		if u, ok := parseUserKey(key); ok {
			again, ok := parseUserKey(userKey(u))
			require.True(t, ok)
			require.Equal(t, u, again)
		}
		if r, uid, ok := parseMemberKey(key); ok {
			room, user, ok := parseMemberKey(memberKey(r, uid))
			require.True(t, ok)
			require.Equal(t, r, room)
			require.Equal(t, uid, user)
		}
	})
}

// FuzzDecodeSession: what is accepted has a secret, and encodes to the same.
func FuzzDecodeSession(f *testing.F) {
	value, err := encodeSession(gateway.Record{Session: "s", Gateway: "g", LineageID: "l", Secret: sha256.Sum256([]byte("x"))})
	require.NoError(f, err)
	f.Add(value)
	f.Add([]byte(`{"session":"s","secret":""}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, value []byte) {
		r, err := decodeSession(value)
		if err != nil {
			return
		}
		encoded, err := encodeSession(r)
		require.NoError(t, err)
		again, err := decodeSession(encoded)
		require.NoError(t, err)
		require.Equal(t, r, again)
	})
}
