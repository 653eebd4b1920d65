package tests

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/gateway/presence"
	"rtmwasm/gateway/session"
)

const presenceApp = "0123456789abcdef0123456789abcdef"

// presenceClient is a session that remembers the last state of each user.
type presenceClient struct {
	mu    sync.Mutex
	state map[string]wire.Presence_State
}

func (c *presenceClient) User() id.User { return id.User{App: presenceApp, ID: "watcher"} }

func (c *presenceClient) Answer(_ uint32, f *wire.ServerFrame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range f.Presence.Presence {
		c.state[p.Uid] = p.State
	}
}

func (c *presenceClient) AnswerBefore(_ uint32, _ string, f *wire.ServerFrame) { c.Answer(0, f) }

func (c *presenceClient) PushLatest(frame []byte, _ string) {
	var f wire.ServerFrame
	if f.UnmarshalVT(frame) == nil {
		c.Answer(0, &f)
	}
}

func (c *presenceClient) of(uid string) wire.Presence_State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state[uid]
}

// Who logs in at one gateway is seen at another, through another NATS server: at once by a
// look-up, and by a subscription that begins at the same moment, also while the stream of
// sessions changes its leader.
func TestClusterPresence(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	engines := make([]*natsengine.Engine, len(c.URLs()))
	for i, url := range c.URLs() {
		e, err := natsengine.Open(t.Context(), natsengine.Options{Servers: []string{url}, Replicas: 3, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		t.Cleanup(e.Close)
		engines[i] = e
	}
	here, there := engines[0], engines[1:]
	user := func(kind string, i int) id.User {
		return id.User{App: presenceApp, ID: fmt.Sprint(kind, i)}
	}
	login := func(i int, user id.User) error {
		_, err := there[i%len(there)].Claim(t.Context(), user, func(*session.Record) (session.Record, error) {
			return session.Record{Session: user.ID, LineageID: user.ID, Gateway: "there"}, nil
		})
		return err
	}

	t.Run("look-ups see what was written before", func(t *testing.T) {
		for i := range 100 {
			require.NoError(t, login(i, user("looked", i)))
			found, err := here.LookUpPresence(t.Context(), []id.User{user("looked", i), user("looked", i+1)})
			require.NoError(t, err)
			require.Equal(t, presence.Online, found[0].State, "login %d", i)
			require.Equal(t, presence.Offline, found[1].State)
		}
	})

	t.Run("subscriptions miss nothing", func(t *testing.T) {
		subscriptions, err := presence.New(here)
		require.NoError(t, err)
		t.Cleanup(subscriptions.Close)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go subscriptions.Run(ctx, func(error) {})
		client := &presenceClient{state: map[string]wire.Presence_State{}}
		steps, err := nats.Connect(c.URLs()[0])
		require.NoError(t, err)
		t.Cleanup(steps.Close)

		untilDone := func(f func() error) {
			for f() != nil { // there is no leader at this moment
				if !assert.NoError(t, t.Context().Err()) {
					return
				}
			}
		}
		for i := range 200 {
			if i%50 == 25 {
				_, err := steps.Request("$JS.API.STREAM.LEADER.STEPDOWN.KV_rtm_sessions", nil, 10*time.Second)
				require.NoError(t, err)
			}
			u := user("followed", i)
			var both sync.WaitGroup
			both.Go(func() { untilDone(func() error { return login(i, u) }) })
			both.Go(func() {
				untilDone(func() error {
					refusal, err := subscriptions.Handle(ctx, client, 1, &wire.PresenceRequest{Mode: wire.PresenceRequest_SUBSCRIBE, Uid: []string{u.ID}})
					assert.Nil(t, refusal)
					return err
				})
			})
			both.Wait()
		}
		for i := range 200 {
			u := user("followed", i)
			require.Eventually(t, func() bool { return client.of(u.ID) == wire.Presence_ONLINE }, time.Minute, 10*time.Millisecond, u.ID)
			untilDone(func() error {
				_, err := there[0].Release(t.Context(), u, session.Record{Session: u.ID, LineageID: u.ID})
				return err
			})
		}
		for i := range 200 {
			u := user("followed", i)
			require.Eventually(t, func() bool { return client.of(u.ID) == wire.Presence_OFFLINE }, time.Minute, 10*time.Millisecond, u.ID)
		}
	})
}
