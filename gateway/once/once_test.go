package once

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// values is a Store in memory.
type values struct {
	by  map[User][]byte
	err error
}

func (v *values) LoadSent(_ context.Context, user User) ([]byte, error) { return v.by[user], v.err }

func (v *values) SaveSent(_ context.Context, user User, value []byte) error {
	if v.err == nil {
		v.by[user] = value
	}
	return v.err
}

var ada = User{App: "app", ID: "ada"}

func load(t *testing.T, v *values) *Memory {
	m, err := Load(t.Context(), v, ada)
	require.NoError(t, err)
	return m
}

// What was sent is known to the next session, number by number.
func TestRemember(t *testing.T) {
	v := &values{by: map[User][]byte{}}
	m := load(t, v)
	to := func(number uint64) Message { return Message{Origin: 1<<64 - 1, To: "bob/", Number: number} }
	for _, n := range []uint64{1, 3, 66, 5} {
		require.NoError(t, m.Remember(t.Context(), to(n), n == 3))
	}
	m = load(t, v)
	for n, want := range map[uint64][2]bool{
		1: {false, false}, // beyond the window
		3: {true, true}, 4: {false, false}, 5: {false, true}, 65: {false, false}, 66: {false, true}, 67: {false, false}, 1000: {false, false},
	} {
		received, sent := m.Find(to(n))
		assert.Equal(t, want, [2]bool{received, sent}, n)
	}
	for _, other := range []Message{{Origin: 1, To: "bob/", Number: 66}, {Origin: 1<<64 - 1, To: "/bob", Number: 66}} {
		_, sent := m.Find(other)
		assert.False(t, sent)
	}
}

// Of more pairs than are kept, those used last stay.
func TestMemoryIsBounded(t *testing.T) {
	v := &values{by: map[User][]byte{}}
	m := load(t, v)
	to := func(i int) Message { return Message{Origin: 1, To: fmt.Sprint(i), Number: 1} }
	for i := range 10 * MaxPairs {
		require.NoError(t, m.Remember(t.Context(), to(i), false))
		require.NoError(t, m.Remember(t.Context(), to(0), false))
	}
	m = load(t, v)
	assert.Len(t, m.pairs, MaxPairs)
	for i, want := range map[int]bool{0: true, 1: false, 10*MaxPairs - 1: true} {
		_, sent := m.Find(to(i))
		assert.Equal(t, want, sent, i)
	}
}

// A store that fails is told of; a value of another version is none.
func TestStoreFails(t *testing.T) {
	v := &values{by: map[User][]byte{ada: []byte("what is this?")}}
	m := load(t, v)
	_, sent := m.Find(Message{Origin: 1, To: "x", Number: 1})
	assert.False(t, sent)
	v.err = errors.New("broken")
	require.ErrorIs(t, m.Remember(t.Context(), Message{Origin: 1, To: "x", Number: 1}, false), v.err)
	_, err := Load(t.Context(), v, ada)
	require.ErrorIs(t, err, v.err)
}
