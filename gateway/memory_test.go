package gateway

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
)

// From three fifths of the limit on newcomers are refused, and from three quarters on sessions end.
func TestMemory(t *testing.T) {
	const mib = 1 << 20
	var used, shed int64
	m := &memory{
		limit: 1000 * mib,
		live:  func(bool) int64 { return used },
		shed:  func(excess int64) int { shed = excess; return 1 },
		log:   slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	for _, c := range []struct {
		used, shed int64 // MiB
		refusal    error
	}{
		{used: 500},
		{used: 700, refusal: errShort},
		{used: 755, refusal: errShort, shed: 5},
		{used: 740, refusal: errShort},
		{used: 500},
	} {
		used, shed = c.used*mib, 0
		m.check()
		assert.Equal(t, c.shed*mib, shed, "%d MiB", c.used)
		assert.Equal(t, c.refusal, m.refusal(), "%d MiB", c.used)
		ready := (&Server{memory: m}).Ready(t.Context())
		assert.Equal(t, c.refusal != nil, len(ready) > 1 && ready[1].Name == "memory", "%d MiB", c.used)
	}
}
