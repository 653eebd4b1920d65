package coretest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

func tokenRenewed(t *testing.T, w *world) {
	a := w.user("a")
	renew := func() *core.Error {
		return wait(a, func(done func(*core.Error)) { a.RenewToken("renewed", done) })
	}
	err := renew()
	require.NotNil(t, err)
	assert.Equal(t, core.RenewTokenErrUserNotLoggedIn, err.Code)

	require.Nil(t, a.login())
	t.Cleanup(a.logout)
	require.Nil(t, renew(), "a gateway in development mode takes any")
	outcomes := make(chan *core.Error, 3)
	w.transport.Do(func() {
		for range cap(outcomes) {
			a.RenewToken("renewed", func(err *core.Error) { outcomes <- err })
		}
	})
	refused := 0
	for range cap(outcomes) {
		if err := <-outcomes; err != nil {
			refused++
			assert.Equal(t, core.InvokeTooOften, err.Class)
			assert.Equal(t, core.RenewTokenErrTooOften, err.Code)
		}
	}
	assert.NotZero(t, refused)
	assert.Equal(t, core.Connected, a.State())
}
