// Package background runs goroutines for whose end a Close waits.
package background

import "sync"

// Group runs goroutines. Its methods may be called in any order, which those of a sync.WaitGroup must
// not: callbacks may begin work while Close waits, or later. The zero Group is ready for use.
type Group struct {
	mu      sync.Mutex
	running int
	idle    chan struct{} // closed when nothing runs any more; nil while nobody waits
}

// Go calls f in a goroutine.
func (g *Group) Go(f func()) {
	g.mu.Lock()
	g.running++
	g.mu.Unlock()
	go func() {
		defer g.done()
		f()
	}()
}

func (g *Group) done() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	if g.running == 0 && g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
}

// Wait waits until nothing runs. Nobody waits for what begins later.
func (g *Group) Wait() {
	g.mu.Lock()
	if g.running == 0 {
		g.mu.Unlock()
		return
	}
	if g.idle == nil {
		g.idle = make(chan struct{})
	}
	idle := g.idle
	g.mu.Unlock()
	<-idle
}
