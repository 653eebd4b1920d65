package scan

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestScanSucceedsWhileAPingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down, goOn := errors.New("down"), make(chan struct{})
		h := health{log: slog.New(slog.DiscardHandler), ping: func(context.Context) error {
			<-goOn
			return down
		}}
		h.hasFailed(down)
		synctest.Wait()
		require.Error(t, h.failure(), "it is being pinged")
		h.isWell()
		close(goOn)
		synctest.Wait()
		require.NoError(t, h.failure(), "the scan is newer than the ping")
	})
}
