package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"rtmwasm/gateway/rest"
)

// adminClient calls the control API of a gateway.
type adminClient struct {
	gateway, app string
	key          rest.Key
}

// adminTimeout is how long a call may take, with the upload of its file.
const adminTimeout = 5 * time.Minute

// apiPath escapes the segments of a path and joins them.
func apiPath(segments ...string) (joined string) {
	for _, s := range segments {
		joined += "/" + url.PathEscape(s)
	}
	return joined
}

// jsonBody is a request's body.
func jsonBody(value any) io.Reader {
	text, _ := json.Marshal(value) // never fails for maps of plain values
	return bytes.NewReader(text)
}

// call makes a request and decodes the response into answer, unless that is nil.
func (c adminClient) call(ctx context.Context, method, path string, query url.Values, body io.Reader, size int64, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	address := c.gateway + rest.ControlPrefix + c.app + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return err
	}
	if size > 0 {
		r.ContentLength = size
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if size > 0 {
		r.Header.Set("Content-Type", "application/octet-stream")
	}
	r.SetBasicAuth(c.key.ID, c.key.Secret)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("cannot reach the gateway: %w", errors.Unwrap(err))
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("the answer is incomplete: %w", err)
	}
	var failed struct{ Result, Code, Message string }
	if json.Unmarshal(text, &failed) != nil || failed.Result == "" {
		return fmt.Errorf("%s is not a gateway with a control API: it answers with status %s", c.gateway, got.Status)
	}
	if got.StatusCode != http.StatusOK {
		return fmt.Errorf("%s (%s, status %d)", failed.Message, failed.Code, got.StatusCode)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// list reads all pages of a list.
func (c adminClient) list(ctx context.Context, path, name string) (all []json.RawMessage, err error) {
	all = []json.RawMessage{} // never null in JSON
	query := url.Values{"limit": {"1000"}}
	for {
		var page map[string]json.RawMessage
		if err := c.call(ctx, http.MethodGet, path, query, nil, 0, &page); err != nil {
			return nil, err
		}
		var entries []json.RawMessage
		if err := json.Unmarshal(page[name], &entries); err != nil {
			return nil, err
		}
		all = append(all, entries...)
		var cursor string
		if page["next_cursor"] == nil {
			return all, nil
		}
		if err := json.Unmarshal(page["next_cursor"], &cursor); err != nil {
			return nil, err
		}
		query.Set("cursor", cursor)
	}
}
