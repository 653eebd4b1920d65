//go:build js && wasm

package jsbridge

import (
	"testing"

	"github.com/hack-pad/safejs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

// answers collects the answers to requests.
type answers chan *core.HTTPResponse

func (answers) Progress(int64) {}

func (a answers) Answered(r *core.HTTPResponse, err error) {
	if err != nil {
		r = &core.HTTPResponse{}
	}
	a <- r
}

func TestQuietRequestsAreFetched(t *testing.T) {
	const job = `window = globalThis; window.fetched = [url, headers.Range]; return {
		response: url === '/fails' ? Promise.reject(new Error('cut')) : Promise.resolve({ status: 206, header: (name) => name === 'A' ? 'b' : null, body: new Blob(['abc']) }),
		abort() { window.fetched = 'aborted'; } }`
	require.NoError(t, safejs.Global().Set("fetchBlob", made(construct("Function", "url", "headers", "let window;"+job))))
	defer safejs.Global().Delete("fetchBlob")
	before := liveCallbacks
	h := &host{timers: newTimers()}
	heard := make(answers, 4)
	request := func(url string) (abort func()) {
		return h.Request(&core.HTTPRequest{Method: "GET", URL: url, WantBody: true, NoProgress: true, Header: [][2]string{{"Range", "bytes=0-2"}}}, heard)
	}

	request("/good")
	fetched := get(safejs.Global(), "fetched")
	first, err := fetched.Index(1)
	require.NoError(t, err)
	assert.Equal(t, "bytes=0-2", toString(first))
	r := <-heard
	assert.Equal(t, 206, r.Status)
	assert.Equal(t, "b", r.Header("A"))
	assert.Empty(t, r.Header("B"))
	require.NotNil(t, r.Body)
	assert.EqualValues(t, 3, r.Body.Size())

	request("/fails")
	assert.Zero(t, (<-heard).Status)

	request("/late")()
	assert.Equal(t, "aborted", toString(get(safejs.Global(), "fetched")))
	h.AfterFunc(50_000_000, func() { close(heard) })
	_, more := <-heard
	assert.False(t, more, "an aborted request says nothing")
	h.release()
	assert.Equal(t, before, liveCallbacks)
}
