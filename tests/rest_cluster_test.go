package tests

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/tests/cluster"
)

// serveClusterREST runs two gateways of a cluster that share media, each with a user in the channel "hall".
func serveClusterREST(t *testing.T, program string, c *cluster.Cluster, more ...string) (backends []*backend, gateways []*service, users []*heard) {
	t.Helper()
	for range 2 {
		g, b := serveREST(t, program, append([]string{"--nats", strings.Join(c.URLs(), ","), "--media", c.Dir + "/media"}, more...)...)
		backends, gateways = append(backends, b), append(gateways, g)
	}
	for i, g := range gateways {
		u := loginHeard(t, g.url, fmt.Sprint("user", i))
		u.join(t, "hall")
		users = append(users, u)
	}
	return backends, gateways, users
}

// Whichever gateway of a cluster a backend calls, clients at all of them get what it sends.
func TestClusterREST(t *testing.T) {
	t.Parallel()
	c, program := startCluster(t), buildGateway(t)
	backends, gateways, users := serveClusterREST(t, program, c, "--rest-event-rate", "1000")
	for from, b := range backends {
		for _, u := range users {
			assert.Equal(t, "message_delivered", b.code("/rtm/users/Server/peer_messages?wait_for_ack=true", `{"destination":"`+u.UID()+`","payload":"to one"}`))
			assert.Equal(t, "to one", next(t, u.got).Message.Text)
		}
		text := fmt.Sprint("to all from ", from)
		b.code("/rtm/users/Server/channel_messages", `{"channel_name":"hall","payload":"`+text+`"}`)
		for _, u := range users {
			assert.Equal(t, text, next(t, u.got).Message.Text)
			u.nothing(t, b)
		}
	}
	t.Run("events", func(t *testing.T) {
		assert.ElementsMatch(t, []string{"user0 Login", "user1 Login"}, eventsUntil(t, userEventsPath, 2, backends...))
		assert.ElementsMatch(t, []string{"user0 Join hall", "user1 Join hall"}, eventsUntil(t, channelEventsPath, 2, backends...))
		const n = 60
		var crowd []*heard
		for i := range n {
			crowd = append(crowd, loginHeard(t, gateways[i%2].url, fmt.Sprint("crowd", i)))
		}
		for _, u := range crowd {
			u.logout(t)
		}
		assert.Len(t, distinct(eventsUntil(t, userEventsPath, 2*n, backends...)), 2*n, "each once, whoever is asked")
	})
	t.Run("history", func(t *testing.T) {
		for i := range 20 {
			at, other := backends[i%2], backends[1-i%2]
			at.code("/rtm/users/Server/channel_messages", fmt.Sprintf(`{"channel_name":"kept","payload":"%d","enable_historical_messaging":true}`, i))
			found := other.read(other.query(asked(`"destination":"kept"`, `,"limit":100`)))
			require.Len(t, found, i+1, "what was answered is found at once, at any gateway")
			assert.Equal(t, fmt.Sprint(i), found[i].Payload)
		}
		location := backends[0].query(asked(`"destination":"kept"`, ``))
		assert.Len(t, backends[1].read(location), 20, "a query can be read at any gateway")
	})
	t.Run("a gateway is lost between two calls", func(t *testing.T) {
		const flagged = `{"destination":"zoe","payload":"%d","enable_offline_messaging":true}`
		for i := range 20 {
			backends[0].code("/rtm/users/Server/peer_messages", fmt.Sprintf(flagged, i))
		}
		gateways[0].kill()
		for i := range 20 {
			backends[1].code("/rtm/users/Server/peer_messages", fmt.Sprintf(flagged, 20+i))
		}
		zoe := loginHeard(t, gateways[1].url, "zoe")
		for i := range 40 {
			assert.Equal(t, fmt.Sprint(i), next(t, zoe.got).Message.Text)
		}
		zoe.nothing(t, backends[1])
	})
	t.Run("users of a lost gateway log out", func(t *testing.T) { // user0's client does not find another one
		assert.ElementsMatch(t, []string{"zoe Login", "zoe Logout", "user0 Logout"}, eventsUntil(t, userEventsPath, 3, backends[1]))
		assert.Equal(t, []string{"user0 Leave hall"}, eventsUntil(t, channelEventsPath, 1, backends[1]))
	})
}

func distinct(all []string) map[string]bool {
	seen := map[string]bool{}
	for _, one := range all {
		seen[one] = true
	}
	return seen
}
