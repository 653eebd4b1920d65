//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"rtmwasm/core"
	"rtmwasm/native"
)

const app = "0123456789abcdef0123456789abcdef"

// user is one session.
type user struct {
	native.NoEvents
	*native.Host
	client  *core.Client
	gateway string
	http    *http.Client

	authorization string // as the SDK sends it
}

// Request implements core.Host, and learns the credential, which the SDK tells nobody else.
func (u *user) Request(r *core.HTTPRequest, l core.HTTPListener) (abort func()) {
	for _, h := range r.Header {
		if h[0] == "Authorization" {
			u.authorization = h[1]
		}
	}
	return u.Host.Request(r, l)
}

// login logs users in, and has each upload a byte.
func login(ctx context.Context, p plan) ([]*user, error) {
	transport := &http.Transport{MaxIdleConns: 2 * p.users, MaxIdleConnsPerHost: 2 * p.users, DisableCompression: true, WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10}
	shared := &http.Client{Transport: transport}
	users := make([]*user, p.users)
	errs := make([]error, p.users)
	var all sync.WaitGroup
	for i := range users {
		u := &user{Host: native.NewHost(), gateway: p.gateway, http: shared}
		users[i] = u
		u.client = core.New(app, p.gateway, u, u)
		all.Go(func() {
			uid := fmt.Sprintf("bench-%d-%d", os.Getpid(), i)
			errs[i] = native.Done(ctx, u.Host, func(done func(*core.Error)) { u.client.Login(uid, "", done) })
			if errs[i] == nil {
				_, errs[i] = native.Await(ctx, u.Host, func(done func(*core.Uploaded, *core.Error)) {
					u.client.Upload(u.Bytes([]byte{1}), core.UploadParams{}, func(_, _ int64) {}, done)
				})
			}
			u.CloseIdle()
		})
		if i%50 == 49 { // logins are not what is measured
			all.Wait()
		}
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("log in: %w", err)
		}
	}
	return users, nil
}

// ask makes a request for media and returns the answer, whose body was dropped.
func (u *user) ask(ctx context.Context, method, key string, body io.Reader, length int64, want int, header ...string) (*http.Response, error) {
	if body == nil {
		body = http.NoBody
	}
	r, err := http.NewRequestWithContext(ctx, method, u.gateway+"/media/"+key, body)
	if err != nil {
		return nil, err
	}
	r.ContentLength = length
	r.Header.Set("Authorization", u.authorization)
	if method != http.MethodGet {
		r.Header.Set("Tus-Resumable", "1.0.0")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := u.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
		return nil, fmt.Errorf("%s: %s: %s", method, resp.Status, bytes.TrimSpace(text))
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.ContentLength >= 0 && method == http.MethodGet && n != resp.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	return resp, err
}

// keyOf is the key of the upload that an answer says was created.
func keyOf(resp *http.Response) string {
	location := resp.Header.Get("Location")
	return location[strings.LastIndexByte(location, '/')+1:]
}
