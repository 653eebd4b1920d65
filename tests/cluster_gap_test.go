package tests

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/gateway"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/tests/cluster"
)

// startGatewayAt runs a gateway on one NATS server.
func startGatewayAt(t *testing.T, nats string) (addr string) {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Servers: []string{nats}, Logger: log})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	server, err := gateway.New(gateway.Config{Engine: engine, Logger: log})
	require.NoError(t, err)
	site := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		assert.NoError(t, server.Close(ctx))
		site.Close()
	})
	return strings.TrimPrefix(site.URL, "http://")
}

// A gateway was without NATS for so long that the marks of those who left meanwhile are gone:
// it finds out who is not there any more, and tells.
func TestNoGhostsAfterAGap(t *testing.T) {
	t.Parallel()
	program := buildNATS(t)
	port := freePort(t)
	startNATS(t, program, port, t.TempDir())
	cable, err := cluster.NewRelay("127.0.0.1:" + port)
	require.NoError(t, err)
	t.Cleanup(cable.Close)
	there, here := startGatewayAt(t, "nats://127.0.0.1:"+port), startGatewayAt(t, "nats://"+cable.Addr())
	alice, bob, carol := loginNeighbour(t, here, "alice"), loginNeighbour(t, there, "bob"), loginNeighbour(t, there, "carol")
	hall := alice.Channel("hall")
	require.Nil(t, outcome(t, alice.member, hall.Join))
	require.Nil(t, outcome(t, alice.member, func(done func(*core.Error)) { alice.SubscribePeers([]string{"bob", "carol"}, done) }))
	for _, other := range []*neighbour{bob, carol} {
		require.Nil(t, outcome(t, other.member, other.Channel("hall").Join))
	}
	told := []string{next(t, alice.news), next(t, alice.news), next(t, alice.news), next(t, alice.news)}
	require.ElementsMatch(t, []string{"bob ONLINE", "carol ONLINE", "+bob", "+carol"}, told)

	cable.Part()
	require.Nil(t, outcome(t, bob.member, func(done func(*core.Error)) { bob.Logout(done) }))
	nc, err := nats.Connect("nats://127.0.0.1:" + port)
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	id := base64.RawURLEncoding.EncodeToString
	memberStream, err := js.Stream(t.Context(), "RTM_MEMBERS")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		info, err := memberStream.Info(t.Context(), jetstream.WithSubjectFilter("rtm.member.*.*.*.*.*."+id([]byte("bob"))))
		return err == nil && len(info.State.Subjects) == 0
	}, waitLimit, 10*time.Millisecond, "bob left, and it is forgotten")
	const bucket = "rtm_sessions"
	key := "0123456789abcdef0123456789abcdef." + id([]byte("bob"))
	kv, err := js.KeyValue(t.Context(), bucket)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := kv.Get(t.Context(), key)
		return err == jetstream.ErrKeyNotFound
	}, waitLimit, 10*time.Millisecond, "bob left")
	stream, err := js.Stream(t.Context(), "KV_"+bucket)
	require.NoError(t, err)
	require.NoError(t, stream.Purge(t.Context(), jetstream.WithPurgeSubject("$KV."+bucket+"."+key)), "as a minute does")
	cable.Heal()
	assert.ElementsMatch(t, []string{"-bob", "bob OFFLINE"}, []string{next(t, alice.news), next(t, alice.news)})
	members, failed := []string(nil), (*core.Error)(nil)
	got := make(chan struct{})
	alice.host.Do(func() {
		hall.Members(func(m []string, err *core.Error) { members, failed = m, err; close(got) })
	})
	<-got
	require.Nil(t, failed)
	assert.ElementsMatch(t, []string{"alice", "carol"}, members)
}
