//go:build js && wasm

package jsbridge

import (
	"math"
	"testing"

	"github.com/hack-pad/safejs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// object makes a JavaScript object of m.
func object(t *testing.T, m map[string]any) value {
	holder := construct("Object")
	require.NoError(t, holder.Set("it", m))
	return get(holder, "it")
}

func TestReadersTakeWhatIsNotThereForZero(t *testing.T) {
	v := object(t, map[string]any{"text": 7, "width": "wide", "raw": nil, "height": -3, "size": math.NaN()})
	assert.Empty(t, getString(v, "text"))
	assert.Zero(t, getUint32(v, "width"))
	assert.Zero(t, getUint32(v, "height"))
	assert.Zero(t, getUint32(v, "size"))
	assert.Nil(t, getBytes(v, "raw"))
	assert.Nil(t, getBytes(v, "missing"))
	assert.Equal(t, uint32(math.MaxUint32), getUint32(object(t, map[string]any{"n": 1e300}), "n"))
}

func TestMessagesCrossUnchanged(t *testing.T) {
	m := &core.Message{
		Type: wire.Message_IMAGE, MediaId: "0ab", FileName: "ä.png", Description: "d", Size: 1 << 40,
		Thumbnail: []byte{1, 2, 3}, Width: 1, Height: 2, ThumbnailWidth: 3, ThumbnailHeight: 4,
	}
	v := object(t, map[string]any{"m": incoming(m)})
	got := outgoing(get(v, "m")).Message
	want, _ := m.MarshalVT()
	have, _ := got.MarshalVT()
	assert.Equal(t, want, have)
}

func TestFailureCarriesTheCauseAsItIs(t *testing.T) {
	reason := construct("Error", "disk gone")
	out := failure(&core.Error{Class: core.Unavailable, Code: 1, Text: "no", ServerCode: 7, Cause: thrown{reason}})
	f := object(t, out.(map[string]any))
	assert.Equal(t, "RtmUnavailableError", getString(f, "name"))
	assert.EqualValues(t, 7, getNumber(f, "serverCode"))
	assert.True(t, get(f, "cause").Equal(reason))
	assert.Nil(t, failure(nil))
}

func TestAwaitReleasesBothHandlers(t *testing.T) {
	before := liveCallbacks
	promise := get(safejs.Global(), "Promise")
	for _, settle := range []string{"resolve", "reject"} {
		p, err := promise.Call(settle, "v")
		require.NoError(t, err)
		done := make(chan error)
		await(p, func(_ value, err error) { done <- err })
		require.Equal(t, settle == "reject", <-done != nil)
		assert.Equal(t, before, liveCallbacks)
	}
}

func TestStoppedTimerDoesNotFire(t *testing.T) {
	timers := newTimers()
	defer timers.release()
	fired := make(chan string, 2)
	stop := timers.AfterFunc(0, func() { fired <- "stopped" })
	stop()
	stop() // harmless
	timers.AfterFunc(0, func() { fired <- "kept" })
	assert.Equal(t, "kept", <-fired)
	assert.Empty(t, timers.pending)
}

// hearing collects what a listener of either port is told.
type hearing struct{ told chan string }

func (h hearing) Opened()            { h.told <- "opened" }
func (h hearing) Received([]byte)    { h.told <- "received" }
func (h hearing) Closed(int, string) { h.told <- "closed" }
func (h hearing) Progress(int64)     {}
func (h hearing) Answered(_ *core.HTTPResponse, err error) {
	if err != nil {
		h.told <- "failed"
		return
	}
	h.told <- "answered"
}

func TestWhatTheBrowserRefusesIsTold(t *testing.T) {
	before := liveCallbacks
	h := &host{timers: newTimers()}
	l := hearing{make(chan string, 4)}
	s := h.Dial("nonsense://", l)
	s.Send([]byte("x"))
	assert.Equal(t, "closed", <-l.told)
	h.Request(&core.HTTPRequest{Method: "BAD METHOD", URL: "/"}, l)
	assert.Equal(t, "failed", <-l.told)
	h.Request(&core.HTTPRequest{Method: "GET", URL: "http://127.0.0.1:1/"}, l)
	assert.Equal(t, "failed", <-l.told)
	h.release()
	assert.Equal(t, before, liveCallbacks)
}

func TestAbortedRequestSaysNothingAndReleases(t *testing.T) {
	before := liveCallbacks
	h := &host{timers: newTimers()}
	l := hearing{make(chan string, 4)}
	abort := h.Request(&core.HTTPRequest{Method: "GET", URL: "/", WantBody: true}, l)
	abort()
	abort() // harmless
	h.AfterFunc(50_000_000, func() { l.told <- "later" })
	assert.Equal(t, "later", <-l.told)
	h.release()
	assert.Equal(t, before, liveCallbacks)
}
