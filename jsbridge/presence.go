//go:build js && wasm

package jsbridge

import "rtmwasm/core"

// presenceCall runs the calls for presence and member counts.
func (c *client) presenceCall(method string, ids []string, done value) {
	switch method {
	case "queryPeers":
		c.QueryPeers(ids, func(list core.PresenceList, err *core.Error) { settle(done, err, presence(list)) })
	case "subscribePeers":
		c.SubscribePeers(ids, errorOnly(done))
	case "unsubscribePeers":
		c.UnsubscribePeers(ids, errorOnly(done))
	case "subscribedPeers":
		peers, err := c.SubscribedPeers()
		settle(done, err, anySlice(peers))
	case "counts":
		c.MemberCounts(ids, func(counts []uint32, err *core.Error) {
			out := make([]any, len(counts))
			for i, n := range counts {
				out[i] = n
			}
			settle(done, err, out)
		})
	}
}

// presence returns a list of uids and a list of their states.
func presence(list core.PresenceList) []any {
	uids, states := make([]any, len(list)), make([]any, len(list))
	for i, p := range list {
		uids[i], states[i] = p.Uid, int(p.State)
	}
	return []any{uids, states}
}
