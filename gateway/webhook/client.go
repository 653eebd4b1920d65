package webhook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"rtmwasm/gateway/signature"
	"rtmwasm/gateway/tracing"
)

// Bounds of an answer: of its header, and of the body, of which nothing but the beginning is read.
const (
	maxHeaderBytes = 64 << 10
	maxAnswerBytes = 4 << 10
)

// Target is a hook.
type Target struct {
	// URL is http or https. Its host may be a private address: it is the operator who names it.
	URL string

	// Secrets sign each request, with one signature for each of them; see signature.ParseSecret.
	Secrets [][]byte

	// Timeout is how long one request may take; 0 means DefaultTimeout.
	Timeout time.Duration
}

// client posts to a Target.
type client struct {
	Target
	http *http.Client
}

// Check returns an error where a Target cannot be right. It does not connect.
func (t Target) Check() error {
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("the URL must be such as https://backend.example.org/rtm")
	}
	if len(t.Secrets) == 0 {
		return errors.New("a secret is missing, by which the hook knows who calls")
	}
	return nil
}

func newClient(t Target) (*client, error) {
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("webhook: %w", err)
	}
	if t.Timeout == 0 {
		t.Timeout = DefaultTimeout
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = maxHeaderBytes
	return &client{t, &http.Client{
		Transport:     tracing.Transport(transport, "webhook post"),
		Timeout:       t.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Redacted is the URL without what may be secret: password, query and path.
func (t Target) Redacted() string { return signature.RedactedURL(t.URL) }

// post makes one request. The error is of a request that got no answer, and has no URL in it.
func (c *client) post(ctx context.Context, body []byte) (attempt, error) {
	a, _, err := c.do(ctx, body)
	return a, err
}

// do also returns the beginning of the answer's body.
func (c *client) do(ctx context.Context, body []byte) (a attempt, answer []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return a, nil, withoutURL(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "rtm-gateway")
	// The id of a batch that is sent again as it was is the same.
	sum := sha256.Sum256(body)
	signature.Sign(r.Header, "batch_"+hex.EncodeToString(sum[:16]), time.Now(), body, c.Secrets...)
	response, err := c.http.Do(r)
	if err != nil {
		return a, nil, withoutURL(err)
	}
	defer response.Body.Close()
	answer, _ = io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes)) // the status counts
	a.status = response.StatusCode
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		a.retryAfter = time.Duration(seconds) * time.Second
	}
	return a, answer, nil
}

// withoutURL takes the URL out of an error of net/http: it may have secrets.
func withoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return fmt.Errorf("call the hook: %w", e.Err)
	}
	return err
}

// class is a status for Meter.
func class(status int) string {
	if status < 200 || status > 599 {
		return Statuses[0]
	}
	return Statuses[status/100-1]
}

// Answer is what a hook says to Test.
type Answer struct {
	Status int
	Body   string // at most 4096 bytes of it
	Took   time.Duration
	Sent   []byte // the request's body
}

// Test posts one event of the type "test", which is in no queue. The error says what is wrong with
// the hook; Answer.Status is 0 where it did not answer.
func Test(ctx context.Context, t Target) (Answer, error) {
	c, err := newClient(t)
	if err != nil {
		return Answer{}, err
	}
	sent := fmt.Appendf(nil, `{"events":[{"id":%q,"type":"test","app":"00000000000000000000000000000000","uid":"rtm-gateway","ms":%d}]}`,
		newID(), time.Now().UnixMilli())
	began := time.Now()
	a, body, err := c.do(ctx, sent)
	answer := Answer{Status: a.status, Body: string(body), Took: time.Since(began), Sent: sent}
	if err == nil && judge(attempt{status: a.status, events: 1}) != taken {
		err = explain(a.status)
	}
	return answer, err
}
