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
	queue   []func() // to be told, in order
	entered int      // calls into the client that have not ended
	nested  int      // callbacks under way, each inside the one before

	state       State
	uid         string
	token       string
	lastLogin   instant
	login       *loginAttempt // while Connecting
	loggingOut  *logout       // from the Bye packet to the socket's end
	hasLoggedIn bool          // a login has succeeded once

	// renewing the token
	renewals, renewed int  // how many were made, and the latest that was taken
	tokenRefused      bool // while Reconnecting: no attempt is made without another

	// connection and session
	conn      *connection // nil between attempts
	session   session
	attempts  int    // failed attempts since the connection was lost
	stopRetry func() // set while waiting for the next attempt

	// requests
	nextID  uint32
	pending map[uint32]*request
	waiting []*waiter // sends made while Reconnecting, in order
	reads   []*read   // those that wait for their turn, in order
	rates   [ops]rateWindow
	joins   map[string]*rateWindow // by channel; those of long ago are dropped

	// messages: see wire.Send
	senderID     uint64
	numbers      numbers
	deduplicator deduplicator // of others, delivered before

	channels map[string]*Channel // joined or joining, by id
	left     map[string]bool     // left in this session: a resume says so again; true: no socket was there to say so

	attributes []*Attribute // the user's own, as set in this login

	calls    map[string]*Invitation // unfinished, by Key
	past     [64]pastCall           // the latest finished ones, a ring
	pastNext int

	peers map[string]*peer // subscribed to, by uid

	tasks      []*Task       // media tasks, waiting and running, in order
	pieceSize  int64         // of the next piece of a download, by the speed of the last; 0: not known
	unverified bool          // the host can't verify downloads, as the last has shown
	pieceTook  time.Duration // by the last piece of which nothing was heard before its answer
	discards   []*discarding // uploads to be removed from the gateway

	// What was learned of the way to /media/:
	sendSize, sendMost int64   // bytes of the next PATCH, and of the largest one that passes; 0: no bound
	createMost         int64   // bytes of the largest upload that goes out with its creation, see createWithBody
	override           bool    // only GET and POST pass
	mediaAnswered      bool    // a request had an answer
	cameBack           bool    // the connection was lost before, and no request was answered since
	back               instant // when it was there last
}

// session is what the gateway knows the client by.
type session struct {
	id         string
	credential string
	lastSeq    uint64 // highest push handled
	ahead      int64  // of this clock, the gateway's: ms
	continues  bool   // for others it is the former session
}

// New makes a client that is logged out. gateway is the http or https URL under which
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

// connected reports whether methods that need a login may go on.
func (c *Client) connected() bool { return c.state == Connected && c.loggingOut == nil }

// transition is the only place that changes the connection state. What depends on
// the new state is brought in line with it at once.
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

// endSession forgets all that a login brought, and settles what waits for it. It
// is the one way out for every cause.
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
	if r != ReasonRemoteLogin && r != ReasonBanned { // there, channels stay until logout (API 8.4)
		c.leaveAll()
	}
	c.interruptTasks()
	c.endCalls()
	c.failRequests()
	c.failReads()
	c.releaseWaiting()
}

// releaseWaiting lets sends go on that waited for the connection.
func (c *Client) releaseWaiting() {
	waiting := c.waiting
	c.waiting = nil
	for _, w := range waiting {
		w.stop()
		w.proceed()
	}
}

func (c *Client) log(level LogLevel, text string) { c.tell(func() { c.events.Log(level, text) }) }
