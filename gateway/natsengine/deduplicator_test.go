package natsengine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core"
)

// What the history gives once more is not passed on once more, however much came live.
func TestDeduplicator(t *testing.T) {
	var got []string
	d := &deduplicator{pass: func(frame []byte) { got = append(got, string(frame)) }}
	var want []string
	for i := range 5 * core.MaxMissedChannelMessages {
		want = append(want, fmt.Sprint("message ", i))
		d.take([]byte(want[i]))
		for _, old := range want[max(0, len(want)-core.MaxMissedChannelMessages):] {
			d.take([]byte(old))
		}
	}
	assert.Equal(t, want, got)
}
