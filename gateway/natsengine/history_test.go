package natsengine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/channel"
)

// What was sent to a channel just before is in the history when it is read, though nobody waited for
// it to be captured.
func TestHistoryHasWhatWasSentBefore(t *testing.T) {
	e := openEngine(t, Options{})
	began := time.Now()
	for i := range 20 {
		room := channel.ID{App: testApp, Channel: fmt.Sprint("room ", i)}
		var last []byte
		for n := range 30 {
			last = fmt.Appendf(nil, "message %d of %d", n, i)
			require.NoError(t, e.PublishChannel(room, last, func(error) {}))
		}
		frames, err := e.RecentFrames(t.Context(), room, began)
		require.NoError(t, err)
		require.NotEmpty(t, frames)
		require.True(t, slices.Equal(last, frames[len(frames)-1]), "room %d ends with %s", i, frames[len(frames)-1])
	}
}
