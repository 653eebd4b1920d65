package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/signature"
)

// hook answers requests in memory, and keeps what it got.
type hook struct {
	mu      sync.Mutex      // guards answers
	answers []http.Response // by turns; the last one from then on
	got     []received
}

// mend has the hook take what comes from now on.
func (h *hook) mend() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers = []http.Response{status(200)}
}

type received struct {
	id, body string
	at       time.Time
}

func (h *hook) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	h.got = append(h.got, received{r.Header.Get(signature.IDHeader), string(body), time.Now()})
	h.mu.Lock()
	defer h.mu.Unlock()
	answer := h.answers[min(len(h.got), len(h.answers))-1]
	if answer.StatusCode == 0 {
		return nil, errors.New("connection refused")
	}
	answer.Body = io.NopCloser(strings.NewReader(""))
	return &answer, nil
}

func status(code int) http.Response { return http.Response{StatusCode: code} }

// counts is a Meter.
type counts struct {
	NoMeter
	events map[Result]int
	calls  []string
	oldest time.Duration
	most   time.Duration // of oldest
}

func (c *counts) WebhookEvents(r Result, n int)         { c.events[r] += n }
func (c *counts) WebhookCall(s string, _ time.Duration) { c.calls = append(c.calls, s) }
func (c *counts) WebhookOldest(age time.Duration) {
	c.oldest, c.most = age, max(age, c.most)
}

func (*counts) Consume(context.Context, func(context.Context, []Queued)) {}

type rig struct {
	*Sender
	hook  *hook
	meter *counts
	log   bytes.Buffer
	done  []int // in their order
}

func newRig(t *testing.T, maxAge time.Duration, answers ...http.Response) *rig {
	r := &rig{hook: &hook{answers: answers}, meter: &counts{events: map[Result]int{}}}
	var err error
	r.Sender, err = NewSender(Config{
		Target: Target{URL: "https://hook.example.org/rtm?key=1", Secrets: [][]byte{[]byte("sixteen bytes...")}},
		Queue:  r.meter, MaxAge: maxAge, Meter: r.meter, Logger: slog.New(slog.NewTextHandler(&r.log, nil)),
	})
	require.NoError(t, err)
	r.client.http.Transport = r.hook
	return r
}

func (r *rig) events(n, bytes int) (all []Queued) {
	for i := range n {
		data := fmt.Sprintf(`{"id":"%d","x":"%s"}`, i, strings.Repeat("x", bytes))
		all = append(all, Queued{Data: []byte(data), At: time.Now(), Done: func() { r.done = append(r.done, i) }})
	}
	return all
}

// A batch is posted until the hook takes it, as it was, with growing waits; nothing is done before.
func TestBatchIsRepeatedUntilItIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := status(429)
		busy.Header = http.Header{"Retry-After": {"30"}}
		r := newRig(t, time.Hour, status(0), status(500), status(302), busy, status(404), status(204))
		r.deliver(t.Context(), r.events(3, 0))
		assert.Equal(t, []int{0, 1, 2}, r.done)
		require.Len(t, r.hook.got, 6)
		for i, got := range r.hook.got {
			assert.Equal(t, `{"events":[{"id":"0","x":""},{"id":"1","x":""},{"id":"2","x":""}]}`, got.body)
			assert.Equal(t, r.hook.got[0].id, got.id)
			if i == 0 {
				continue
			}
			wait, most := got.at.Sub(r.hook.got[i-1].at), time.Second<<(i-1)
			if i == 4 {
				assert.Equal(t, 30*time.Second, wait, "what the hook asked for")
				continue
			}
			assert.LessOrEqual(t, wait, most)
			assert.GreaterOrEqual(t, wait, most/2)
		}
		assert.Equal(t, map[Result]int{Delivered: 3}, r.meter.events)
		assert.Equal(t, []string{"none", "5xx", "3xx", "4xx", "4xx", "2xx"}, r.meter.calls)
		assert.Zero(t, r.meter.oldest)
		log := r.log.String()
		assert.Equal(t, 1, strings.Count(log, "does not accept events"), log)
		assert.Contains(t, log, "connection refused")
		assert.Contains(t, log, "accepts events again")
		assert.NotContains(t, log, "key=1", "the URL may be a secret")
	})
}

// Events that nobody takes end at their age, and younger ones go on.
func TestOldEventsAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, time.Hour, status(503))
		events := r.events(2, 0)
		events[1].At = events[1].At.Add(40 * time.Minute) // it came later
		began := time.Now()
		time.AfterFunc(90*time.Minute, r.hook.mend)
		r.deliver(t.Context(), events)
		assert.Equal(t, []int{0, 1}, r.done)
		assert.Equal(t, map[Result]int{Dead: 1, Delivered: 1}, r.meter.events)
		assert.Contains(t, r.hook.got[len(r.hook.got)-1].body, `[{"id":"1"`)
		assert.InDelta(t, 90, time.Since(began).Minutes(), 2)
		log := r.log.String()
		assert.Contains(t, log, "too old")
		assert.Contains(t, log, "status 503", "why they were not taken")
		assert.Less(t, strings.Count(log, "does not accept events"), 95, "a line in a minute at most")
	})
}

func TestEventsThatAreNotWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, time.Hour, status(410))
		r.deliver(t.Context(), r.events(5, 0))
		assert.Len(t, r.hook.got, 1)
		assert.Equal(t, map[Result]int{Dead: 5}, r.meter.events)
		assert.Contains(t, r.log.String(), "does not want")
	})
}

// One event that is too large does not keep the others waiting.
func TestEventThatIsTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, time.Hour)
		r.client.http.Transport = limited{r.hook, 4000}
		r.hook.answers = []http.Response{status(200)}
		events := append(r.events(5, 100), r.events(1, 5000)...)
		r.deliver(t.Context(), append(events, r.events(5, 100)...))
		assert.Equal(t, []int{0, 1, 2, 3, 4, 0, 0, 1, 2, 3, 4}, r.done)
		assert.Equal(t, map[Result]int{Delivered: 10, Dead: 1}, r.meter.events)
		assert.Contains(t, r.log.String(), "make it accept larger requests")
	})
}

// A hook that takes small requests only gets all events, in their order.
func TestBatchesShrink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, time.Hour)
		r.client.http.Transport = limited{r.hook, 4000}
		r.hook.answers = []http.Response{status(200)}
		r.deliver(t.Context(), r.events(40, 1000))
		assert.Len(t, r.done, 40)
		for i, n := range r.done {
			assert.Equal(t, i, n)
		}
		assert.Equal(t, map[Result]int{Delivered: 40}, r.meter.events)
		assert.Empty(t, r.log.String(), "nothing is wrong")
		assert.Zero(t, r.meter.most)
	})
}

// limited is a hook that refuses larger requests.
type limited struct {
	*hook
	most int64
}

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.ContentLength > l.most {
		answer := status(413)
		answer.Body = http.NoBody
		return &answer, nil
	}
	return l.hook.RoundTrip(r)
}

func TestBatchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, time.Hour, status(200))
		r.deliver(t.Context(), r.events(MaxEvents+1, 0))
		assert.Len(t, r.hook.got, 2)
		r.hook.got = nil
		r.deliver(t.Context(), append(r.events(20, 50<<10), r.events(1, maxBodyBytes)...))
		assert.Greater(t, len(r.hook.got), 2)
		for _, got := range r.hook.got[:len(r.hook.got)-1] {
			assert.LessOrEqual(t, len(got.body), maxBodyBytes+100)
		}
	})
}

// The end of the gateway, or the loss of the lease, ends a wait, and what is not done stays.
func TestDeliveryEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, time.Hour, status(500))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		began := time.Now()
		r.deliver(ctx, r.events(3, 0))
		assert.Equal(t, 10*time.Minute, time.Since(began))
		assert.Empty(t, r.done)
		assert.Greater(t, r.meter.most, 8*time.Minute)
		assert.Zero(t, r.meter.oldest, "they are another gateway's")
	})
}

// A call that is under way at the end has a while to get its answer, and no longer.
func TestCallUnderWayAtTheEnd(t *testing.T) {
	for takes, want := range map[time.Duration]struct {
		ends time.Duration
		done []int
	}{
		DefaultGrace - time.Second: {DefaultGrace - time.Second, []int{0, 1, 2}},
		30 * time.Second:           {DefaultGrace, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, time.Hour, status(200))
			r.client.http.Timeout = time.Minute
			r.client.http.Transport = slow{r.hook, takes + time.Second}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			r.deliver(ctx, r.events(3, 0))
			assert.Equal(t, time.Second+want.ends, time.Since(began))
			assert.Equal(t, want.done, r.done)
		})
	}
}

// slow is a hook whose answers take a while.
type slow struct {
	*hook
	takes time.Duration
}

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	if sleep(r.Context(), s.takes); r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	return s.hook.RoundTrip(r)
}

func TestTargets(t *testing.T) {
	secrets := [][]byte{[]byte("sixteen bytes...")}
	for _, url := range []string{"", "hook.example.org", "ftp://hook.example.org", "https://", "https://hook.example.org/#x", ":"} {
		assert.ErrorContains(t, Target{URL: url, Secrets: secrets}.Check(), "https://backend.example.org", url)
	}
	assert.ErrorContains(t, Target{URL: "https://hook.example.org"}.Check(), "secret")
	assert.NoError(t, Target{URL: "http://10.0.0.7:3000/rtm", Secrets: secrets}.Check(), "private addresses are the operator's choice")
	assert.Equal(t, "https://hook.example.org", Target{URL: "https://user:word@hook.example.org/path?key=1"}.Redacted())
}

// A redirect is an answer like others, the body of an answer is bounded, and one that does not come
// is not waited for.
func TestAnswersOfARealServer(t *testing.T) {
	var mu sync.Mutex
	visits := map[string]int{}
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		visits[r.URL.Path]++
		mu.Unlock()
		switch path := r.URL.Path; {
		case path == "/redirect":
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		case path == "/long":
			for range 1000 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 10_000)); err != nil {
					return
				}
			}
		case strings.HasPrefix(path, "/hang"):
			<-hang
		}
	}))
	defer server.Close()
	defer close(hang)
	target := Target{URL: server.URL + "/redirect", Secrets: [][]byte{[]byte("sixteen bytes...")}}
	answer, err := Test(t.Context(), target)
	assert.Equal(t, 307, answer.Status)
	assert.ErrorContains(t, err, "give the final URL")

	target.URL = server.URL + "/long"
	answer, err = Test(t.Context(), target)
	assert.NoError(t, err)
	assert.Equal(t, 200, answer.Status)
	assert.Len(t, answer.Body, maxAnswerBytes)

	// The time may be over before the request arrives. Then it is tried with more time, until one has arrived.
	visited := func(path string) int {
		mu.Lock()
		defer mu.Unlock()
		return visits[path]
	}
	path := ""
	for target.Timeout = 50 * time.Millisecond; visited(path) == 0; target.Timeout *= 2 {
		path = "/hang/" + target.Timeout.String()
		target.URL = server.URL + path + "?key=1"
		answer, err = Test(t.Context(), target)
		assert.Zero(t, answer.Status)
		assert.ErrorContains(t, err, "call the hook")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotContains(t, err.Error(), "key=1")
	}
	assert.Equal(t, 1, visited("/redirect"))
	assert.Equal(t, 1, visited("/long"))
	assert.Equal(t, 1, visited(path))
	assert.Zero(t, visited("/elsewhere"))
}
