package core

import (
	"math/rand/v2"
	"strings"
	"time"
)

// Client is one user's session with a gateway: the RtmClient of the API. Make one
// with New.
type Client struct {
	host    Host
	events  Events
	appID   string
	gateway string // http or https URL, no slash at the end

	// callbacks: see callbacks.go
	queue   []func() // callbacks to make, in order
	entered int      // calls into the client that have not returned
	nested  int      // callbacks that are running, each inside the one before

	state       State
	uid         string
	token       string
	lastLogin   instant
	login       *loginAttempt // while Connecting
	loggingOut  *logout       // from the Bye packet to the socket's end
	hasLoggedIn bool          // at least one login has succeeded

	// renewing the token
	renewals, renewed int  // number of renewals, and the latest one that the gateway accepted
	tokenRefused      bool // while Reconnecting: the client waits for another token

	// connection and session
	conn      *connection // nil between attempts
	session   session
	attempts  int    // failed attempts since the connection was lost
	stopRetry func() // set while waiting for the next attempt

	// requests
	nextID  uint32
	pending map[uint32]*request
	waiting []*waiter // sends made while Reconnecting, in order
	reads   []*read   // reads that wait for their turn, in order
	rates   [ops]rateWindow
	joins   map[string]*rateWindow // by channel; old ones are dropped

	// messages: see wire.Send
	senderID     uint64
	numbers      numbers
	deduplicator deduplicator // of received messages

	channels map[string]*Channel // joined or joining, by id
	left     map[string]bool     // left in this session: a resume sends the leaves again; true: there was no socket to send it

	attributes []*Attribute // the user's own, as set in this login

	calls    map[string]*Invitation // unfinished, by Key
	past     [64]pastCall           // the latest finished calls, a ring
	pastNext int

	peers map[string]*peer // subscribed to, by uid

	tasks      []*Task       // media tasks, waiting and running, in order
	pieceSize  int64         // size of the next piece of a download, by the speed of the last one; 0: not known
	unverified bool          // the host cannot verify downloads: the last one showed it
	pieceTook  time.Duration // how long the last piece without progress before its answer took
	discards   []*discarding // uploads to be removed from the gateway

	// What the client has learned about the network on the way to /media/:
	sendSize, sendMost int64   // bytes of the next PATCH, and of the largest one that passes; 0: no limit
	createMost         int64   // largest upload that is sent with its creation, in bytes, see createWithBody
	override           bool    // only GET and POST pass
	mediaAnswered      bool    // a request was answered
	cameBack           bool    // the client has reconnected, and no request was answered since
	back               instant // when the client was last connected
}

// session is the client's session at the gateway.
type session struct {
	id         string
	credential string
	lastSeq    uint64 // seq of the latest push that was handled
	ahead      int64  // how far the gateway's clock is ahead of this one, in ms
	continues  bool   // for other users it is still the former session
}

// New returns a client that is logged out. gateway is the http or https URL below which
// the gateway serves /rtm and /media/.
func New(appID, gateway string, host Host, events Events) *Client {
	c := &Client{
		events:   events,
		appID:    appID,
		gateway:  strings.TrimSuffix(gateway, "/"),
		state:    Disconnected,
		senderID: rand.Uint64(),
		pending:  map[uint32]*request{},
		channels: map[string]*Channel{},
		left:     map[string]bool{},
		calls:    map[string]*Invitation{},
		joins:    map[string]*rateWindow{},
		peers:    map[string]*peer{},
	}
	c.host = entries{host, c}
	return c
}

// State returns the connection state.
func (c *Client) State() State { return c.state }

// UID returns the user of the last login, "" before the first login.
func (c *Client) UID() string { return c.uid }

// connected reports whether methods that need a login may run.
func (c *Client) connected() bool { return c.state == Connected && c.loggingOut == nil }

// transition is the only function that changes the connection state. It also updates everything
// that depends on the state.
func (c *Client) transition(r Reason) {
	to, ok := next(c.state, r)
	if !ok {
		return
	}
	c.state = to
	switch to {
	case Connected:
		c.hasLoggedIn = true
		c.releaseWaiting()
		c.resumeTasks()
	case Reconnecting:
		c.pauseTasks()
	case Disconnected, Aborted:
		c.endSession(r)
	}
	c.tell(func() { c.events.StateChanged(to, r) })
}

// endSession removes the state of a login, and settles all calls that wait for it. Every session
// ends here, for any cause.
func (c *Client) endSession(r Reason) {
	c.dropConnection()
	c.session = session{}
	c.attributes = nil
	c.attempts = 0
	c.tokenRefused = false
	c.discards = nil
	c.deduplicator = deduplicator{}
	clear(c.left)
	clear(c.peers)
	if r != ReasonRemoteLogin && r != ReasonBanned { // after these, channels stay joined until logout (API 8.4)
		c.leaveAll()
	}
	c.interruptTasks()
	c.endCalls()
	c.failRequests()
	c.failReads()
	c.releaseWaiting()
}

// releaseWaiting continues the sends that waited for the connection.
func (c *Client) releaseWaiting() {
	waiting := c.waiting
	c.waiting = nil
	for _, w := range waiting {
		w.stop()
		w.proceed()
	}
}

func (c *Client) log(level LogLevel, text string) { c.tell(func() { c.events.Log(level, text) }) }
