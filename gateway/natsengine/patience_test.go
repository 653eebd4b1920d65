package natsengine

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway"
)

// What waits behind a frame for which nobody was there is given up with it.
func TestWaitingBehindAFrameForNobody(t *testing.T) {
	e := openEngine(t, Options{})
	nobody := gateway.User{App: testApp, ID: "nobody"}
	var given []string
	ask := func(name string) *askFor {
		return &askFor{user: nobody, done: func(received bool) {
			assert.False(t, received)
			given = append(given, name)
		}}
	}
	first := ask("first")
	require.True(t, e.patience.add(first))
	first.waiting, first.absent = true, true
	l := e.patience.by[nobody]
	l.running = true
	require.False(t, e.patience.add(ask("second")), "it must not overtake")
	e.patience.run(nobody, l)
	assert.Equal(t, []string{"first", "second"}, given)
	assert.Empty(t, e.patience.by)
}
