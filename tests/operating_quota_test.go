package tests

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

// What a user and an app may store is counted over all gateways of a cluster, and outlives
// them.
func testQuotas(t *testing.T, program string) {
	nats := buildNATS(t)
	port := freePort(t)
	startNATS(t, nats, port, t.TempDir())
	media := t.TempDir()
	start := func() *service {
		return serve(t, program, "--listen", "127.0.0.1:0", "--nats", "nats://127.0.0.1:"+port, "--media", media,
			"--max-user-bytes", "3MiB", "--max-app-bytes", "5MiB")
	}
	one, other := start(), start()
	alice, bob := login(t, one.addr(), "alice"), login(t, other.addr(), "bob")
	kept := alice.store(t, make([]byte, 2<<20))
	assertQuota(t, alice, 2<<20, "user")
	alice.store(t, make([]byte, 1<<20))
	bob.store(t, make([]byte, 2<<20))
	assertQuota(t, bob, 1<<20, "app")

	one.kill()
	again := start()
	alice = login(t, again.addr(), "alice")
	assertQuota(t, alice, 1<<10, "user")
	assert.Len(t, alice.fetch(t, kept), 2<<20, "downloads go on")
}

// tries uploads so many bytes.
func (m *member) tries(t *testing.T, size int) *core.Error {
	t.Helper()
	return outcome(t, m, func(done func(*core.Error)) {
		m.Upload(m.host.Bytes(make([]byte, size)), core.UploadParams{}, func(_, _ int64) {},
			func(_ *core.Uploaded, err *core.Error) { done(err) })
	})
}

// assertQuota uploads more than the quota of the user or the app allows: refused at once, and for good.
func assertQuota(t *testing.T, m *member, size int, whose string) {
	t.Helper()
	err := m.tries(t, size)
	require.NotNil(t, err)
	assert.Equal(t, core.Unavailable, err.Class)
	assert.Equal(t, core.UploadMediaErrFailure, err.Code)
	assert.Equal(t, 507, err.ServerCode)
	assert.Contains(t, err.Text, "the files of this "+whose+" may have ")
}
