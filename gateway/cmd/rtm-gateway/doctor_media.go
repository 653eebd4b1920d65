package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rtmwasm/core"
)

// checkMedia uploads all but the last byte of the largest file and removes it again, then
// downloads a part of a file of a few bytes, which stays for its lifetime as every file.
func (e *examination) checkMedia(ctx context.Context, credential string) {
	defer e.leave()
	u := mediaUser{e, credential}
	u.checkUpload(ctx)
	u.checkRange(ctx)
}

// mediaUser makes the media requests of a session.
type mediaUser struct {
	*examination
	credential string
}

func (u mediaUser) request(ctx context.Context, method, path string, body io.Reader, header ...string) (*http.Response, error) {
	header = append(header, "Authorization", "Bearer "+u.credential, "Tus-Resumable", "1.0.0")
	return u.ask(ctx, method, path, body, header...)
}

// location returns the path of what was made. It is as the SDK does: a proxy may have put
// its own path before ours, or not.
func location(answer *http.Response) string {
	location := answer.Header.Get("Location")
	return "/media/" + location[strings.LastIndexByte(location, '/')+1:]
}

func (u mediaUser) checkUpload(ctx context.Context) {
	answer, err := u.request(ctx, http.MethodPost, "/media/", nil, "Upload-Length", strconv.Itoa(core.MaxMediaBytes))
	if !u.passes("create", answer, err, http.StatusCreated, "make the proxy pass Authorization, Upload-Length and Location") {
		return
	}
	path := location(answer)
	began := time.Now()
	answer, err = u.request(ctx, http.MethodPatch, path, &io.LimitedReader{R: rand.Reader, N: core.MaxMediaBytes - 1},
		"Upload-Offset", "0", "Content-Type", "application/offset+octet-stream",
		"Expect", "100-continue") // who finds it too large says so before it is sent
	advice := "make the proxy pass PATCH and accept bodies of 30 MB (nginx: client_max_body_size 31m)"
	uploaded := u.passes("upload", answer, err, http.StatusNoContent, advice)
	if uploaded {
		u.say(good, "speed", fmt.Sprintf("30 MB took %v", time.Since(began).Round(10*time.Millisecond)), "")
	}
	answer, err = u.request(ctx, http.MethodHead, path, nil)
	if u.passes("head", answer, err, http.StatusOK, "make the proxy pass HEAD and its headers") &&
		uploaded && answer.Header.Get("Upload-Offset") != strconv.Itoa(core.MaxMediaBytes-1) {
		u.say(bad, "head", "Upload-Offset is "+answer.Header.Get("Upload-Offset"), "make the proxy pass bodies on as they arrive")
	}
	answer, err = u.request(ctx, http.MethodDelete, path, nil)
	u.passes("delete", answer, err, http.StatusNoContent, "make the proxy pass DELETE")
}

// checkRange asks for a part of a file, as the SDK does of large ones and to go on.
func (u mediaUser) checkRange(ctx context.Context) {
	const file, part = 16, 10 // bytes
	answer, err := u.request(ctx, http.MethodPost, "/media/", &io.LimitedReader{R: rand.Reader, N: file},
		"Upload-Length", strconv.Itoa(file), "Content-Type", "application/offset+octet-stream")
	if err == nil && answer.StatusCode == http.StatusCreated {
		read(answer)
		answer, err = u.request(ctx, http.MethodGet, location(answer), nil, "Range", fmt.Sprintf("bytes=0-%d", part-1))
	}
	if err != nil {
		u.say(bad, "range", err.Error(), "")
		return
	}
	if body := read(answer); answer.StatusCode != http.StatusPartialContent || len(body) > part {
		u.say(bad, "range", fmt.Sprintf("a request for %d of %d bytes got the answer %s", part, file, answer.Status),
			"make the proxy pass Range and Content-Range, and not compress")
		return
	}
	u.say(good, "range", "parts of files can be downloaded", "")
}

// passes says whether a request got the status it should.
func (e *examination) passes(what string, answer *http.Response, err error, status int, advice string) bool {
	if err != nil {
		e.say(bad, what, err.Error(), advice)
		return false
	}
	if body := read(answer); answer.StatusCode != status {
		e.say(bad, what, "the answer is "+answer.Status+" "+body, advice)
		return false
	}
	e.say(good, what, "it gets through", "")
	return true
}
