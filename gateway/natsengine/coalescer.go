package natsengine

import "sync"

// coalescer has one call of a function do for all who ask for one before it begins. It makes one
// call at a time.
type coalescer struct {
	call func() error

	mu      sync.Mutex // guards the rest
	waiting []func(error)
	running bool // a goroutine makes calls
}

// ask has done told how a call ended that begins later. It returns at once.
func (c *coalescer) ask(background *sync.WaitGroup, done func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = append(c.waiting, done)
	if !c.running {
		c.running = true
		background.Go(c.run)
	}
}

// run makes calls while somebody waits for one.
func (c *coalescer) run() {
	for {
		c.mu.Lock()
		waiting := c.waiting
		c.waiting = nil
		c.running = waiting != nil
		c.mu.Unlock()
		if waiting == nil {
			return
		}
		err := c.call()
		for _, done := range waiting {
			done(err)
		}
	}
}
