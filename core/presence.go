package core

import "rtmwasm/core/wire"

// peer is a user that the client is subscribed to.
type peer struct {
	state wire.Presence_State // the last state from the gateway
	told  wire.Presence_State // the last state reported to the application; UNKNOWN before the first
}

// PresenceList has the states of users.
type PresenceList = []*wire.Presence

// Codes of the three methods that ask the gateway about peers. bad is for invalid arguments.
type presenceCodes struct{ bad, notLoggedIn, tooOften, timeout, failure int }

var (
	queryCodes = presenceCodes{QueryPeersOnlineStatusErrInvalidArgument, QueryPeersOnlineStatusErrUserNotLoggedIn,
		QueryPeersOnlineStatusErrTooOften, QueryPeersOnlineStatusErrTimeout, QueryPeersOnlineStatusErrRejected}
	subscribeCodes = presenceCodes{PeerSubscriptionStatusErrInvalidArgument, PeerSubscriptionStatusErrUserNotLoggedIn,
		PeerSubscriptionStatusErrTooOften, PeerSubscriptionStatusErrTimeout, PeerSubscriptionStatusErrFailure}
)

// checkPeers is the order of checks of API 9. Ids and held together must not be more than
// most, nor too long for one frame, else the error is overflow.
func (c *Client) checkPeers(peers, held []string, most int, codes *presenceCodes, overflow *Error) *Error {
	if !c.connected() {
		return errNotLoggedIn(codes.notLoggedIn)
	}
	if !validIDs(peers) {
		return &Error{Class: InvalidArgument, Code: codes.bad, Text: "peerIds must be one or more strings of 1 to 64 of the allowed characters"}
	}
	weight := 0
	for _, ids := range [][]string{peers, held} {
		for _, id := range ids {
			weight += len(id)
		}
	}
	if len(peers)+len(held) > most || weight > MaxMessageBytes {
		return overflow
	}
	return nil
}

// QueryPeers asks whether users are online (API 9).
func (c *Client) QueryPeers(peers []string, done func(PresenceList, *Error)) {
	defer c.enter().exit()
	done = laterWith(c, done)
	codes := &queryCodes
	if err := c.checkPeers(peers, nil, MaxQueriedPeers, codes,
		&Error{Class: InvalidArgument, Code: codes.bad, Text: "256 peers may be asked about at a time"}); err != nil {
		done(nil, err)
		return
	}
	c.read(OpQuery, presenceFrame(wire.PresenceRequest_QUERY, peers), func(f *wire.ServerFrame) {
		if err := answerError(f, codes.timeout, codes.tooOften, codes.failure); err != nil {
			done(nil, err)
			return
		}
		list := f.Presence.GetPresence()
		done(list, nil)
		c.afterInSession(0, func() {
			c.tellPeers(list, func(p *peer) bool { return p.state != wire.Presence_UNREACHABLE })
		})
	})
}

// SubscribePeers subscribes to the presence of users: Events.PeersChanged brings it now and
// after each change (API 9).
func (c *Client) SubscribePeers(peers []string, done func(*Error)) {
	defer c.enter().exit()
	done = c.later(done)
	peers = distinct(peers)
	codes := &subscribeCodes
	overflow := &Error{Class: LimitExceeded, Code: PeerSubscriptionStatusErrOverflow, Text: "512 peers may be subscribed to"}
	err := c.checkPeers(peers, c.subscribed(), MaxSubscribedPeers, codes, overflow)
	if err == nil {
		err = c.tooOften(OpSubscribe, codes.tooOften)
	}
	if err != nil {
		done(err)
		return
	}
	c.askPresence(wire.PresenceRequest_SUBSCRIBE, peers, func(f *wire.ServerFrame) {
		err := answerError(f, codes.timeout, codes.tooOften, codes.failure)
		if _, refusal := failure(f); refusal != nil && refusal.Reason == wire.Refusal_LIMIT {
			err = overflow
		}
		if err == nil {
			for _, p := range f.Presence.GetPresence() {
				c.peers[p.Uid] = &peer{state: p.State}
			}
			c.reportPeers(peers)
		}
		done(err)
	})
}

// UnsubscribePeers ends subscriptions. It does not wait for the gateway.
func (c *Client) UnsubscribePeers(peers []string, done func(*Error)) {
	defer c.enter().exit()
	done = c.later(done)
	err := c.checkPeers(peers, nil, MaxSubscribedPeers, &subscribeCodes,
		&Error{Class: LimitExceeded, Code: PeerSubscriptionStatusErrOverflow, Text: "512 peers may be unsubscribed from at a time"})
	if err == nil {
		err = c.tooOften(OpUnsubscribe, subscribeCodes.tooOften)
	}
	if err != nil {
		done(err)
		return
	}
	var known []string // without peers whose subscription is not answered yet
	for _, id := range peers {
		if c.peers[id] != nil {
			delete(c.peers, id)
			known = append(known, id)
		}
	}
	if known != nil {
		c.askPresence(wire.PresenceRequest_UNSUBSCRIBE, known, func(*wire.ServerFrame) {})
	}
	done(nil)
}

// SubscribedPeers lists the users to whose presence the client is subscribed (API 9). It sends
// no request, so it has no rate.
func (c *Client) SubscribedPeers() ([]string, *Error) {
	if !c.connected() {
		return nil, errNotLoggedIn(QueryPeersBySubscriptionOptionErrUserNotLoggedIn)
	}
	return c.subscribed(), nil
}

func (c *Client) subscribed() []string {
	out := make([]string, 0, len(c.peers))
	for id := range c.peers {
		out = append(out, id)
	}
	return out
}

func (c *Client) askPresence(mode wire.PresenceRequest_Mode, peers []string, answer func(*wire.ServerFrame)) {
	c.request(presenceFrame(mode, peers), 0, answer)
}

func presenceFrame(mode wire.PresenceRequest_Mode, peers []string) *wire.ClientFrame {
	return &wire.ClientFrame{Presence: &wire.PresenceRequest{Mode: mode, Uid: peers}}
}

// reportPeers reports all these peers in one event, after code that awaits the subscription has run
// (API 8.5). The report does not have UNREACHABLE; an event for it follows.
func (c *Client) reportPeers(peers []string) {
	c.host.AfterFunc(0, func() {
		var list PresenceList
		for _, id := range peers {
			if p := c.peers[id]; p != nil {
				p.told = p.state
				if p.told == wire.Presence_UNREACHABLE {
					p.told = wire.Presence_ONLINE
				}
				list = append(list, &wire.Presence{Uid: id, State: p.told})
			}
		}
		if list == nil {
			return
		}
		c.tell(func() { c.events.PeersChanged(list) })
		c.tellPeers(list, (*peer).changed)
	})
}

// presencePushed handles a push with states that have changed.
func (c *Client) presencePushed(list PresenceList) {
	for _, news := range list {
		if p := c.peers[news.Uid]; p != nil {
			p.state = news.State
		}
	}
	c.tellPeers(list, (*peer).changed)
}

// changed reports whether the state differs from what the application knows.
func (p *peer) changed() bool { return p.told != p.state }

// tellPeers reports each of these peers in its own event, if due returns true for it.
func (c *Client) tellPeers(list PresenceList, due func(*peer) bool) {
	c.tell(func() {
		for _, one := range list {
			if p := c.peers[one.Uid]; p != nil && p.told != wire.Presence_UNKNOWN && due(p) {
				p.told = p.state
				c.events.PeersChanged(PresenceList{{Uid: one.Uid, State: p.state}})
			}
		}
	})
}

// resubscribe renews all subscriptions in a new session, and reports all peers in one event.
func (c *Client) resubscribe() {
	peers, session := c.subscribed(), c.session.id
	if len(peers) == 0 || session == "" {
		return
	}
	for _, p := range c.peers {
		p.told = wire.Presence_UNKNOWN
	}
	c.askPresence(wire.PresenceRequest_SUBSCRIBE, peers, func(f *wire.ServerFrame) {
		if c.session.id != session { // a newer session resubscribes itself, or the session is over
			return
		}
		if timeout, refusal := failure(f); timeout || refusal != nil {
			c.retryInSession(lastRetry, c.resubscribe)
			return
		}
		for _, news := range f.Presence.GetPresence() {
			if p := c.peers[news.Uid]; p != nil {
				p.state = news.State
			}
		}
		c.reportPeers(peers)
	})
}

// validIDs reports whether ids has at least one id and all ids are valid.
func validIDs(ids []string) bool {
	for _, id := range ids {
		if !ValidID(id) {
			return false
		}
	}
	return len(ids) > 0
}

func distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	var out []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
