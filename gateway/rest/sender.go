package rest

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/history"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/tracing"
)

// promptly is how long a call takes at most if the caller does not wait for the receiver. After this
// time an offline message is stored, and other messages are still delivered.
const promptly = time.Second

// sender sends messages of backends to clients, as a session sends the messages of its client.
type sender struct {
	bus     Bus
	history History // nil: messages are not stored
	peerAck time.Duration
	origin  uint64 // see wire.Send

	numbers [1 << 12]numbers // by the hash of sender and receiver
	seed    maphash.Seed
}

// numbers counts the messages of some pairs of sender and receiver. For each pair the numbers rise,
// with gaps.
type numbers struct {
	// mu is held until the bus has the message: receivers drop a message whose number is not higher
	// than the last one. So messages of one sender to one receiver keep the order of their calls.
	mu   sync.Mutex
	last uint64
}

func newSender(c Config) *sender {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return &sender{bus: c.Bus, history: c.History, peerAck: c.PeerAck, origin: binary.BigEndian.Uint64(b[:]), seed: maphash.MakeSeed()}
}

// delivery returns a message as its receivers get it, still without its number.
func (s *sender) delivery(m outgoing, channel string) *wire.Delivery {
	return &wire.Delivery{
		From: m.from, Channel: channel, ServerReceivedMs: time.Now().UnixMilli(), Origin: s.origin,
		Message: m.message,
	}
}

// record stores a message in the history, if the caller asks for it, before anybody receives it.
func (s *sender) record(ctx context.Context, m outgoing, d *wire.Delivery, toChannel bool) error {
	if !m.history || s.history == nil {
		return nil
	}
	content, err := d.Message.MarshalVT()
	if err != nil {
		return err
	}
	err = s.history.Record(context.WithoutCancel(ctx), history.Message{ // Record has its own time limit
		App: m.app, From: m.from, To: m.to, ToChannel: toChannel, Ms: d.ServerReceivedMs, Message: content,
	})
	if errors.Is(err, history.ErrQuota) {
		return fullHistory
	}
	return err
}

// handOver gives a delivery its number and sends it.
func (s *sender) handOver(m outgoing, d *wire.Delivery, send func(frame []byte) error) error {
	n := &s.numbers[maphash.String(s.seed, m.app+m.from+"/"+m.to)%uint64(len(s.numbers))]
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++
	d.Number = n.last
	frame, err := frameOf(d)
	if err != nil {
		return err
	}
	return send(frame)
}

func frameOf(d *wire.Delivery) ([]byte, error) {
	return (&wire.ServerFrame{Delivery: d}).MarshalVT()
}

// toPeer sends a message to one user and returns the code of the answer. If the caller closes the
// connection, it still sends the message, which it has accepted.
func (s *sender) toPeer(ctx context.Context, m outgoing, wait bool) (code string, err error) {
	if m.to == m.from { // a client drops messages from its own user
		return codeOf(wait, false), nil
	}
	user := id.User{App: m.app, ID: m.to}
	d := s.delivery(m, "")
	if err := s.record(ctx, m, d, false); err != nil {
		return "", err
	}
	answered := make(chan bool, 1)
	began := time.Now()
	_, span := tracing.Start(ctx, "nats ask_peer")
	err = s.handOver(m, d, func(frame []byte) error {
		return s.bus.SendToPeer(user, frame, s.peerAck, func(received bool) { answered <- received })
	})
	if err != nil {
		span.End(err)
		return "", err
	}
	received, known := awaitAnswer(answered, wait)
	span.End(nil)
	switch {
	case received:
		return codeOf(wait, true), nil
	case m.offline:
		return codeOf(wait, false), s.keep(ctx, user, m.quotaOf, d)
	case known && wait && time.Since(began) >= s.peerAck && s.isLoggedIn(ctx, user):
		return "", noAnswer
	}
	return codeOf(wait, false), nil
}

// awaitAnswer waits until the receiver's client has answered, or until it is known that it will not.
// Without wait it waits only for promptly.
func awaitAnswer(answered <-chan bool, wait bool) (received, known bool) {
	if wait {
		return <-answered, true
	}
	late := time.NewTimer(promptly)
	defer late.Stop()
	select {
	case received = <-answered:
		return received, true
	case <-late.C:
		return false, false
	}
}

func codeOf(wait, received bool) string {
	switch {
	case !wait:
		return codeSent
	case received:
		return codeDelivered
	}
	return codeOffline
}

// isLoggedIn reports whether a user is logged in. It returns true if that is not known.
func (s *sender) isLoggedIn(ctx context.Context, user id.User) bool {
	_, err := s.bus.Lookup(context.WithoutCancel(ctx), user) // Lookup has its own time limit
	return !errors.Is(err, session.ErrNoSession)
}

// keep puts a message into the mailbox of its receiver. If the direct delivery arrives later, too, the
// receiver drops the second one by its number.
func (s *sender) keep(ctx context.Context, user id.User, quotaOf string, d *wire.Delivery) (err error) {
	_, span := tracing.Start(ctx, "nats append_mail")
	defer func() {
		if err == overQuota { // not an error of the gateway
			span.End(nil)
			return
		}
		span.End(err)
	}()
	kept := *d
	kept.Offline = true
	frame, err := frameOf(&kept)
	if err != nil {
		return err
	}
	stored := make(chan error, 1)
	if err = s.bus.AppendMail(user, quotaOf, frame, func(err error) { stored <- err }); err == nil {
		err = <-stored
	}
	switch {
	case err == nil:
		return s.bus.NotifyMail(user) // they may have logged in meanwhile
	case errors.Is(err, mailbox.ErrStorageFull):
		return noStorage
	case errors.Is(err, mailbox.ErrUserQuota), errors.Is(err, mailbox.ErrAppQuota):
		return overQuota
	}
	return err
}

// toChannel sends a message to the members of a channel, and returns when the message cannot be lost
// any more. The channel may be empty.
func (s *sender) toChannel(ctx context.Context, m outgoing) (err error) {
	d := s.delivery(m, m.to)
	if err := s.record(ctx, m, d, true); err != nil {
		return err
	}
	published := make(chan error, 1)
	_, span := tracing.Start(ctx, "nats publish_channel")
	defer func() { span.End(err) }()
	err = s.handOver(m, d, func(frame []byte) error {
		return s.bus.PublishChannel(channel.ID{App: m.app, Channel: m.to}, frame, func(err error) { published <- err })
	})
	if err != nil {
		return err
	}
	return <-published
}
