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

// Limits of an answer's header and body. Only the beginning of the body is read.
const (
	maxHeaderBytes = 64 << 10
	maxAnswerBytes = 4 << 10
)

// Target is a hook.
type Target struct {
	// URL is http or https. Its host may be a private address, because the operator chooses it.
	URL string

	// Secrets sign each request: it has one signature for each secret. See signature.ParseSecret.
	Secrets [][]byte

	// Timeout is how long one request may take; 0 means DefaultTimeout.
	Timeout time.Duration
}

// client posts to a Target.
type client struct {
	Target
	http *http.Client
}

// Check returns an error if a Target is invalid. It does not connect.
func (t Target) Check() error {
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" || u.Fragment != "" || u.Scheme != "http" && u.Scheme != "https" {
		return errors.New("the URL must be such as https://backend.example.org/rtm")
	}
	if len(t.Secrets) == 0 {
		return errors.New("a secret is missing: with it the hook checks who calls")
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

// Redacted returns the URL without password, path and query, which may be secret.
func (t Target) Redacted() string { return signature.RedactedURL(t.URL) }

// post makes one request. It returns an error if there was no answer. The error does not contain the URL.
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
	// The id is a hash of the body: a batch that is sent again unchanged has the same id.
	sum := sha256.Sum256(body)
	signature.Sign(r.Header, "batch_"+hex.EncodeToString(sum[:16]), time.Now(), body, c.Secrets...)
	response, err := c.http.Do(r)
	if err != nil {
		return a, nil, withoutURL(err)
	}
	defer response.Body.Close()
	answer, _ = io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes)) // an error changes nothing: only the status matters
	a.status = response.StatusCode
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		a.retryAfter = time.Duration(seconds) * time.Second
	}
	return a, answer, nil
}

// withoutURL removes the URL from an error of net/http, because it may have secrets.
func withoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return fmt.Errorf("call the hook: %w", e.Err)
	}
	return err
}

// class returns the class of a status, such as "2xx", for Meter.
func class(status int) string {
	if status < 200 || status > 599 {
		return Statuses[0]
	}
	return Statuses[status/100-1]
}

// Answer is what a hook says to Test.
type Answer struct {
	Status int
	Body   string // its first 4096 bytes
	Took   time.Duration
	Sent   []byte // the request's body
}

// Test posts one event of the type "test", without a queue. The error says what is wrong with
// the hook. If the hook did not answer, Answer.Status is 0.
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
