package natsengine

import (
	"hash/maphash"
	"runtime"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// dispatcher passes messages of very many subscriptions to their handlers on a few goroutines. It
// keeps the order within a subject. A handler must not block.
type dispatcher struct {
	nc     *nats.Conn
	full   func(since time.Time) // a queue was full since then or later: messages may be lost
	seed   maphash.Seed
	queues []chan *nats.Msg
	quit   chan struct{}
	done   sync.WaitGroup

	mu       sync.RWMutex // guards handlers; not held while NATS is called
	added    sync.Cond    // a handler was added
	handlers map[*nats.Subscription]func(*nats.Msg)
}

// queueLength is how many messages may wait for one goroutine. The NATS client drops messages above
// it. The client reports that to the connection's error handler only once for each subscription,
// until that subscription accepts a message again. So the dispatcher watches the queues itself.
const queueLength = 1 << 15

func newDispatcher(nc *nats.Conn, full func(since time.Time)) *dispatcher {
	d := &dispatcher{
		nc:       nc,
		full:     full,
		seed:     maphash.MakeSeed(),
		queues:   make([]chan *nats.Msg, min(8, runtime.GOMAXPROCS(0))),
		quit:     make(chan struct{}),
		handlers: map[*nats.Subscription]func(*nats.Msg){},
	}
	d.added.L = &d.mu
	for i := range d.queues {
		d.queues[i] = make(chan *nats.Msg, queueLength)
		d.done.Go(func() { d.run(d.queues[i]) })
	}
	return d
}

func (d *dispatcher) run(queue <-chan *nats.Msg) {
	last := time.Now() // when the previous message was taken from the queue
	for {
		select {
		case m := <-queue:
			now := time.Now()
			if len(queue) >= cap(queue)-1 { // the queue was full when this message was taken
				d.full(last)
			}
			last = now
			if h := d.handler(m.Sub); h != nil {
				h(m)
			}
		case <-d.quit:
			return
		}
	}
}

// handler returns the handler of a subscription, or nil if the subscription has ended. It waits if
// a message comes before listen has added the handler.
func (d *dispatcher) handler(sub *nats.Subscription) func(*nats.Msg) {
	d.mu.RLock()
	h := d.handlers[sub]
	d.mu.RUnlock()
	if h != nil {
		return h
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.handlers[sub] == nil && sub.IsValid() {
		d.added.Wait()
	}
	return d.handlers[sub]
}

// subscribe returns when the server has the subscription.
func (d *dispatcher) subscribe(subject string, h func(*nats.Msg)) (stop func(), err error) {
	if stop, err = d.listen(subject, h); err != nil {
		return nil, err
	}
	if err := d.nc.FlushTimeout(opTimeout); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// listen returns before the server has the subscription. The server gets it before anything that
// this connection sends later.
func (d *dispatcher) listen(subject string, h func(*nats.Msg)) (stop func(), err error) {
	queue := d.queues[maphash.String(d.seed, subject)%uint64(len(d.queues))]
	sub, err := d.nc.ChanSubscribe(subject, queue)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.handlers[sub] = h
	d.added.Broadcast()
	d.mu.Unlock()
	return func() {
		_ = sub.Unsubscribe() // fails only on a closed connection
		d.mu.Lock()
		delete(d.handlers, sub)
		d.mu.Unlock()
	}, nil
}

func (d *dispatcher) close() {
	close(d.quit)
	d.done.Wait()
}
