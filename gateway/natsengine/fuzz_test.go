package natsengine

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/session"
)

// FuzzKeys: a key that parses is the one its parts make.
func FuzzKeys(f *testing.F) {
	f.Add(userKey(id.User{App: "app", ID: "a.b *>"}))
	f.Add(memberKey(channel.Member{Channel: channel.ID{App: "app", Channel: "c c"}, UID: "ada", Gateway: "g"}))
	f.Add("..")
	f.Fuzz(func(t *testing.T, key string) {
		if u, ok := parseUserKey(key); ok {
			again, ok := parseUserKey(userKey(u))
			require.True(t, ok)
			require.Equal(t, u, again)
		}
		if m, ok := readMember(record{key: key, gone: true}); ok {
			again, ok := readMember(record{key: memberKey(m), gone: true})
			require.True(t, ok)
			require.Equal(t, m, again)
		}
	})
}

// FuzzDecodeSession: what is accepted has a secret, and encodes to the same.
func FuzzDecodeSession(f *testing.F) {
	value, err := encodeSession(session.Record{Session: "s", Gateway: "g", LineageID: "l", Secret: sha256.Sum256([]byte("x"))})
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
