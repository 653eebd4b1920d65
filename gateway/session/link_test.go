package session

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core/wire"
)

// writes is a Conn that notes what is written at a time.
type writes struct {
	mu     sync.Mutex
	all    [][]string // the frames of each write
	code   int        // of Close
	block  chan struct{}
	closed bool
}

func (c *writes) Read(ctx context.Context) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (c *writes) Write(ctx context.Context, frames ...[]byte) error {
	var texts []string
	for _, f := range frames {
		texts = append(texts, string(f))
	}
	c.mu.Lock()
	c.all = append(c.all, texts)
	c.mu.Unlock()
	select {
	case <-c.block:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *writes) Close(code int, _ string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errors.New("closed twice")
	}
	c.code, c.closed = code, true
	return nil
}

func (c *writes) taken() [][]string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.all
	c.all = nil
	return all
}

// inLink runs a test with a link whose writes wait for block; it is closed in the end.
func inLink(t *testing.T, test func(l *link, c *writes)) {
	synctest.Test(t, func(t *testing.T) {
		c := &writes{block: make(chan struct{})}
		l := newLink(t.Context(), c, Times{PingInterval: 2 * time.Second, SilenceLimit: 9 * time.Second, Write: 5 * time.Second}, noMeter{})
		test(l, c)
		l.close(wire.CloseBye, "")
		<-l.ended
	})
}

func body(text string) outFrame { return outFrame{body: []byte(text)} }

// What is queued while a write is under way goes out together, in order.
func TestLinkWritesTogether(t *testing.T) {
	inLink(t, func(l *link, c *writes) {
		for _, text := range []string{"a", "b", "c"} {
			require.True(t, l.send(body(text)))
			synctest.Wait()
		}
		assert.Equal(t, [][]string{{"a"}}, c.taken())
		close(c.block)
		assert.Equal(t, [][]string{{"b", "c"}}, c.taken())
		assert.Zero(t, l.queued())
		l.send(body("d"))
		assert.Equal(t, [][]string{{"d"}}, c.taken())
	})
}

// One write brings no more than a slow client can take in its time.
func TestLinkBoundsAWrite(t *testing.T) {
	inLink(t, func(l *link, c *writes) {
		long := strings.Repeat("x", maxBatchBytes-1)
		for _, text := range []string{"a", long, "b", "c", long + long, "d"} {
			l.send(body(text))
		}
		close(c.block)
		var sizes []int
		for _, frames := range c.taken() {
			sizes = append(sizes, len(strings.Join(frames, "")))
		}
		assert.Contains(t, [][]int{
			{1 + len(long), 2, 2 * len(long), 1},
			{1, len(long) + 1, 1, 2 * len(long), 1}, // the first went out while the rest was queued
		}, sizes)
	})
}

func TestLinkGivesUpASlowWrite(t *testing.T) {
	inLink(t, func(l *link, c *writes) {
		began := time.Now()
		lost := make(chan int, 1)
		l.watch(func(code int, reason string) {
			lost <- code
			l.close(code, reason)
		})
		for range 3 { // each hears of the client, which reads nothing
			l.send(body("a"))
			l.touch()
			time.Sleep(time.Second)
		}
		assert.Equal(t, wire.CloseSlow, <-lost)
		<-l.ended
		assert.Equal(t, 5*time.Second, time.Since(began))
		assert.Equal(t, wire.CloseSlow, c.code)
		assert.Equal(t, [][]string{{"a"}}, c.taken(), "nothing is written after a write that failed")
	})
}

func TestLinkRefusesMoreThanItsQueue(t *testing.T) {
	inLink(t, func(l *link, c *writes) {
		half := body(strings.Repeat("x", maxQueueBytes/2))
		assert.True(t, l.send(half))
		assert.False(t, l.send(half), "with what is counted beside the bytes")
		assert.True(t, l.send(outFrame{body: half.body, replay: true}))
		assert.True(t, l.send(body("little")))
		close(c.block)
		c.taken()
		assert.True(t, l.send(half))
	})
}

// A client gets a ping each interval, and is given up when it is silent for too long.
func TestLinkPingsAndHearsSilence(t *testing.T) {
	inLink(t, func(l *link, c *writes) {
		close(c.block)
		began := time.Now()
		lost := make(chan int, 1)
		l.watch(func(code int, reason string) {
			lost <- code
			l.close(code, reason)
		})
		time.Sleep(3 * time.Second)
		l.touch()
		assert.Len(t, c.taken(), 1)
		assert.Equal(t, wire.CloseSilent, <-lost)
		assert.Equal(t, 12*time.Second, time.Since(began))
		assert.Contains(t, []int{4, 5}, len(c.taken()), "pings about each 2 s")
	})
}

// A client that takes other frames slowly gets its ping all the same: it acknowledges with the answer.
func TestLinkPingsDuringAWrite(t *testing.T) {
	inLink(t, func(l *link, c *writes) {
		l.watch(l.close)
		l.send(body("a"))
		time.Sleep(3 * time.Second)
		assert.Equal(t, [][]string{{"a"}}, c.taken())
		close(c.block)
		assert.Equal(t, [][]string{{string(pingFrame)}}, c.taken())
	})
}

// A write that is under way ends before the socket is closed.
func TestLinkClosesAfterItsWrite(t *testing.T) {
	inLink(t, func(l *link, c *writes) {
		l.send(body("a"))
		synctest.Wait()
		l.close(wire.CloseBye, "")
		l.close(wire.CloseSlow, "")
		l.send(body("b"))
		synctest.Wait()
		assert.False(t, c.closed)
		close(c.block)
		<-l.ended
		assert.Equal(t, wire.CloseBye, c.code, "the first code stands")
		assert.Equal(t, [][]string{{"a"}}, c.taken())
	})
}

// noMeter counts nothing.
type noMeter struct{}

func (noMeter) Sessions(int)        {}
func (noMeter) Resumed()            {}
func (noMeter) LoginRefused(string) {}
func (noMeter) SocketClosed(int)    {}
func (noMeter) FrameIn(int)         {}
func (noMeter) FrameOut(int)        {}
func (noMeter) TooOften()           {}
