package session

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// forgetting calls a function while a session is forgotten.
type forgetting struct {
	noMeter
	do func()
}

func (m forgetting) Sessions(change int) {
	if change < 0 {
		m.do()
	}
}

// slowRemoval takes a second to remove a session's uploads.
type slowRemoval struct {
	Media
	ended func()
}

func (m slowRemoval) SessionEnded(string) {
	time.Sleep(time.Second)
	m.ended()
}

// Close does not wait for a session that it no longer sees. The removal of its uploads has begun by then.
func TestUploadsOfASessionAreRemovedBeforeCloseReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := crowded(t, 1)
		removed := false
		closed := make(chan bool, 1)
		s.config.Media = slowRemoval{ended: func() { removed = true }}
		s.config.Meter = forgetting{do: func() {
			go func() {
				s.background.Wait()
				closed <- removed
			}()
			time.Sleep(time.Millisecond)
		}}
		s.remove(s.find("0"))
		require.Empty(t, s.all())
		assert.True(t, <-closed)
	})
}
