package natsengine

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/id"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
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

func TestAskAt(t *testing.T) {
	e := openEngine(t, Options{})
	ask := func(request string) ([]byte, error) {
		return e.askAt(t.Context(), "test.g", []byte(request), firstPartTime)
	}
	large := bytes.Repeat([]byte("0123456789"), maxPart/4) // of several parts
	stop, err := e.listen("test.g", func(request []byte, reply func([]byte)) {
		if string(request) == "large" {
			reply(large)
		} else {
			reply(nil)
		}
	})
	require.NoError(t, err)
	answer, err := ask("large")
	require.NoError(t, err)
	assert.True(t, bytes.Equal(large, answer))
	answer, err = ask("small")
	require.NoError(t, err)
	assert.Empty(t, answer)
	stop()
	_, err = ask("large")
	require.ErrorIs(t, err, errNoGateway)
}

// Attributes stay with a lineage, and become those of the gateway where it goes on.
func TestAttributesFollowALineage(t *testing.T) {
	e := openEngine(t, Options{})
	ctx, user := t.Context(), id.User{App: testApp, ID: "ada"}
	first := session.Record{Session: "s1", LineageID: "s1", Gateway: "g", Secret: [32]byte{1}}
	next := session.Record{Session: "s2", LineageID: "s1", Gateway: "h", Secret: [32]byte{2}}
	other := session.Record{Session: "s3", LineageID: "s3", Gateway: "h", Secret: [32]byte{3}}
	read := func() string {
		t.Helper()
		value, err := e.UserAttributes(ctx, user)
		require.NoError(t, err)
		return string(value)
	}
	_, err := e.Claim(ctx, user, always(first))
	require.NoError(t, err)
	keep := func([]byte) ([]byte, error) { return []byte("mine"), nil }
	require.NoError(t, e.ChangeUserAttributes(ctx, user, first, keep))
	require.NoError(t, e.SetPresence(ctx, user, "s1", presence.Unreachable))

	_, err = e.Claim(ctx, user, always(next))
	require.NoError(t, err)
	found, err := e.LookUpPresence(ctx, []id.User{user})
	require.NoError(t, err)
	assert.Equal(t, presence.Online, found[0].State)
	require.ErrorIs(t, e.ChangeUserAttributes(ctx, user, first, keep), session.ErrNoSession, "the user's session is another")
	mustRelease(t, e, user, first) // not its any more
	assert.Equal(t, "mine", read())
	require.NoError(t, e.RegisterGateway(ctx, "h", nil, nil)) // g is not alive: what is its goes
	assert.Equal(t, "mine", read())

	_, err = e.Claim(ctx, user, always(other))
	require.NoError(t, err)
	assert.Empty(t, read(), "of another login")
}

func TestEvictionsAreRead(t *testing.T) {
	for _, want := range []session.Eviction{{Session: "s"}, {Session: "s", Moved: true}, {Session: "s", Moved: true, LastSeq: 1 << 63}} {
		got, err := decodeEviction(encodeEviction(want))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := decodeEviction([]byte("s x"))
	require.Error(t, err)
}
