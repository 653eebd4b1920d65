package natsengine

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

func TestParts(t *testing.T) {
	for _, c := range []struct {
		answer string
		want   []string
	}{
		{"", []string{"\x00"}},
		{"abc", []string{"\x00abc"}},
		{"abcd", []string{"\x01abc", "\x00d"}},
		{"abcdef", []string{"\x01abc", "\x00def"}},
	} {
		var got []string
		for _, p := range parts([]byte(c.answer), 3) {
			got = append(got, string(p))
		}
		assert.Equal(t, c.want, got)
	}
}

func TestAskGateway(t *testing.T) {
	e := openEngine(t, Options{})
	large := bytes.Repeat([]byte("0123456789"), maxPart/4) // of several parts
	stop, err := e.ListenGateway("g", func(request []byte, reply func([]byte)) {
		if string(request) == "large" {
			reply(large)
		} else {
			reply(nil)
		}
	})
	require.NoError(t, err)
	answer, err := e.AskGateway(t.Context(), "g", []byte("large"))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(large, answer))
	answer, err = e.AskGateway(t.Context(), "g", []byte("small"))
	require.NoError(t, err)
	assert.Empty(t, answer)
	stop()
	_, err = e.AskGateway(t.Context(), "g", []byte("large"))
	require.ErrorIs(t, err, errNoGateway)
}

func TestMove(t *testing.T) {
	e := openEngine(t, Options{})
	ctx, user := t.Context(), gateway.User{App: testApp, ID: "ada"}
	record := gateway.Record{Session: "s", Line: "l", Gateway: "g", Secret: [32]byte{1}, Heir: [32]byte{2}}
	_, err := e.Claim(ctx, user, always(record))
	require.NoError(t, err)
	keep := func([]byte) ([]byte, error) { return []byte("mine"), nil }
	require.NoError(t, e.ChangeUserAttributes(ctx, user, record, keep))
	require.NoError(t, e.SetReach(ctx, user, "s", gateway.Unreachable))

	require.NoError(t, e.Move(ctx, user, record, "h"))
	got, err := e.Lookup(ctx, user)
	require.NoError(t, err)
	want := record
	want.Gateway = "h"
	assert.Equal(t, want, got)
	reach, err := e.Reach(ctx, []gateway.User{user})
	require.NoError(t, err)
	assert.Equal(t, gateway.Online, reach[0].Reach)

	require.ErrorIs(t, e.Move(ctx, user, record, "i"), gateway.ErrNoSession, "it is at h")
	require.NoError(t, e.RegisterGateway(ctx, "h", nil, nil)) // g is not alive: what is its goes
	value, err := e.UserAttributes(ctx, user)
	require.NoError(t, err)
	assert.Equal(t, "mine", string(value))
}
