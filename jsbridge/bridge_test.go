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

// made returns v, and panics if err is not nil.
func made(v value, err error) value {
	if err != nil {
		panic(err)
	}
	return v
}

// run makes a function of a body and calls it.
func run(body string) value {
	v, err := made(construct("Function", body)).Invoke()
	return made(v, err)
}

// object makes a JavaScript object of m.
func object(t *testing.T, m map[string]any) value {
	holder := made(construct("Object"))
	require.NoError(t, holder.Set("it", m))
	return get(holder, "it")
}

func TestReadersTakeWhatIsNotThereForZero(t *testing.T) {
	v := object(t, map[string]any{"text": 7, "width": "wide", "raw": nil, "height": -3, "size": math.NaN()})
	assert.Empty(t, getString(v, "text"))
	assert.Zero(t, getUint32(v, "width"))
	assert.Zero(t, getUint32(v, "height"))
	assert.Zero(t, getUint32(v, "size"))
	for _, name := range []string{"raw", "missing"} {
		b, err := getBytes(v, name)
		assert.NoError(t, err)
		assert.Nil(t, b)
	}
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
	reason := made(construct("Error", "disk gone"))
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
		await(p, nil, func(_ value, err error) { done <- err })
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

// hearing is a listener of a socket or a request that collects the calls it gets.
type hearing struct{ told chan string }

func (h hearing) Opened()            { h.told <- "opened" }
func (h hearing) Received([]byte)    { h.told <- "received" }
func (h hearing) Closed(int, string) { h.told <- "closed" }
func (h hearing) Progress(int64)     {}
func (h hearing) Answered(_ *core.HTTPResponse, err error) {
	switch err.(type) {
	case nil:
		h.told <- "answered"
	case core.Unsupported:
		h.told <- "unsupported"
	default:
		h.told <- "failed"
	}
}

func TestWhatTheBrowserRefusesIsTold(t *testing.T) {
	before := liveCallbacks
	h := &host{timers: newTimers()}
	l := hearing{make(chan string, 4)}
	s := h.Dial("nonsense://", l)
	s.Send([]byte("x"))
	assert.Equal(t, "closed", <-l.told)
	h.Request(&core.HTTPRequest{Method: "BAD METHOD", URL: "/"}, l)
	assert.Equal(t, "unsupported", <-l.told)
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

func TestBytesThatCannotBeReadAreAnError(t *testing.T) {
	for _, body := range []string{
		"return { length: 3 }", "return 'abc'", "return null", "return [1, 2, 3]", "return new DataView(new ArrayBuffer(3))",
		"return new ArrayBuffer(3)",
		"const f = document.body.appendChild(document.createElement('iframe')); return new f.contentWindow.Uint8Array(3)",
	} {
		array := run(body)
		b, err := toBytes(array)
		assert.Error(t, err, body)
		assert.Empty(t, b, body)
		o := outgoing(object(t, map[string]any{"kind": int(wire.Message_RAW), "raw": array}))
		if isSet(array) {
			assert.Equal(t, core.Malformed, o.Fault, body)
			assert.NotEmpty(t, o.FaultText, body)
		}
	}
}

// JavaScript can throw values that are not errors. They become errors with a text, too.
func TestEverythingThatIsThrownHasAText(t *testing.T) {
	for _, thrown := range []string{"null", "undefined", "1", "'text'", "Symbol()", "{}", "{ message: 7 }"} {
		_, err := call(run("return { f() { throw ("+thrown+") } }"), "f")
		if assert.Error(t, err, thrown) {
			assert.NotEmpty(t, err.Error(), thrown)
		}
	}
}

func TestBrokenBlobTellsWhoeverUsesIt(t *testing.T) {
	h := &host{timers: newTimers()}
	defer h.release()
	for _, body := range []string{
		"const b = new Blob(['abc']); b.slice = undefined; return b",
		"const b = new Blob(['abc']); b.slice = () => { throw null }; return b",
	} {
		part := blob{v: run(body)}.Slice(0, 2)
		failed := make(chan error)
		part.Read(0, 1, func(_ []byte, err error) { failed <- err })
		assert.Error(t, <-failed, body)
		assert.Error(t, h.Join([]core.Blob{part}, "").(blob).err, body)
		l := hearing{make(chan string, 1)}
		h.Request(&core.HTTPRequest{Method: "POST", URL: "/", Body: part}, l)
		assert.Equal(t, "unsupported", <-l.told, body)
	}
}

func TestTimerThatThePageRefusedIsSetAgain(t *testing.T) {
	timers := newTimers()
	defer timers.release()
	require.NoError(t, run("globalThis.realTimeout = setTimeout; globalThis.setTimeout = (...args) => { if (args.length > 2) throw new Error('not now'); return realTimeout(...args) }; return globalThis").Delete("x"))
	fired := make(chan string, 3)
	timers.AfterFunc(0, func() { fired <- "first" })
	stop := timers.AfterFunc(0, func() { fired <- "stopped" })
	stop()
	run("globalThis.setTimeout = realTimeout")
	timers.AfterFunc(20_000_000, func() { fired <- "last" })
	assert.Equal(t, "first", <-fired)
	assert.Equal(t, "last", <-fired)
	assert.Empty(t, timers.pending)
	assert.Empty(t, timers.unset)
}

func TestSocketThatCannotSendIsClosed(t *testing.T) {
	before := liveCallbacks
	h := &host{timers: newTimers()}
	run("globalThis.RealSocket = WebSocket; globalThis.WebSocket = class { send() { throw new Error('hooked') } close() { globalThis.closedSocket = true } }")
	defer run("globalThis.WebSocket = RealSocket")
	l := hearing{make(chan string, 4)}
	s := h.Dial("ws://127.0.0.1:1/", l)
	s.Send([]byte("x"))
	s.Send([]byte("y")) // harmless
	assert.Equal(t, "closed", <-l.told)
	assert.True(t, toBool(run("return closedSocket")))
	assert.Empty(t, l.told)
	h.release()
	assert.Equal(t, before, liveCallbacks)
}
