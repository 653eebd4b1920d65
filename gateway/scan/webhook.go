package scan

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/signature"
	"rtmwasm/gateway/tracing"
)

// maxVerdict is the largest answer of a hook, in bytes.
const maxVerdict = 64 << 10

// webhook is a scanner that is asked by HTTP. Requests are signed, see package signature.
type webhook struct {
	url        string
	secret     []byte
	contentURL string
	client     *http.Client
	lent       *lent
}

func newWebhook(u *url.URL, o Options, l *lent) (kind, error) {
	if u.Host == "" || u.Fragment != "" {
		return nil, errForm
	}
	secret, err := signature.ParseSecret(string(o.Secret))
	if err != nil {
		return nil, fmt.Errorf("a hook knows by a secret that the gateway asks: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 8
	return &webhook{
		url: u.String(), secret: secret, contentURL: o.ContentURL, lent: l,
		client: &http.Client{
			Transport:     tracing.Transport(transport, "scan hook"),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// question is the body of a request about an upload.
type question struct {
	App     string    `json:"app"`
	UID     string    `json:"uid"`
	MediaID string    `json:"mediaId"`
	Name    string    `json:"name,omitempty"`
	Type    string    `json:"type"`
	Size    int64     `json:"size"`
	SHA256  string    `json:"sha256"`
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}

// ping is the body of a request that only checks whether the hook works.
type ping struct {
	Ping bool `json:"ping"`
}

// verdict is the hook's answer.
type verdict struct {
	Allow  *bool  `json:"allow"`
	Reason string `json:"reason"`
}

func (h *webhook) scan(ctx context.Context, info media.Info, content io.ReaderAt) error {
	token, takeBack := h.lent.lend(content, info.Size)
	defer takeBack()
	expires, _ := ctx.Deadline()
	answer, err := h.ask(ctx, question{
		App: info.App, UID: info.UID, MediaID: info.MediaID(),
		Name: info.Metadata["filename"], Type: info.Type, Size: info.Size, SHA256: hex.EncodeToString(info.Digest[:]),
		URL: h.contentURL + token, Expires: expires.UTC().Truncate(time.Second),
	})
	if err != nil {
		return err
	}
	return parseVerdict(answer)
}

func (h *webhook) ping(ctx context.Context) error {
	_, err := h.ask(ctx, ping{true})
	return err
}

// ask makes a request and returns the body of an answer with status 200.
func (h *webhook) ask(ctx context.Context, question any) ([]byte, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "rtm-gateway")
	signature.Sign(r.Header, "msg_"+rand.Text(), time.Now(), body, h.secret)
	response, err := h.client.Do(r)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxVerdict+1))
	switch {
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the hook answered with status %d, where 200 is needed", response.StatusCode)
	case err != nil:
		return nil, fmt.Errorf("read the hook's answer: %w", err)
	case len(answer) > maxVerdict:
		return nil, fmt.Errorf("the hook answered more than %d bytes", maxVerdict)
	}
	return answer, nil
}

// withoutURL removes the URL from an error of net/http, because it may have secrets.
func withoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return fmt.Errorf("ask the hook: %w", e.Err)
	}
	return err
}

// parseVerdict reads {"allow":true} or {"allow":false,"reason":"…"}. It ignores other members, which
// later versions may have.
func parseVerdict(answer []byte) error {
	var v verdict
	if err := json.Unmarshal(answer, &v); err != nil || v.Allow == nil {
		return errors.New(`the hook answered something else than {"allow":true} or {"allow":false,"reason":"…"}`)
	}
	if !*v.Allow {
		return &media.Rejected{Reason: v.Reason}
	}
	return nil
}
