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

// checkMedia uploads the largest file without its last byte and removes it again. Then it uploads
// a file of a few bytes and downloads a part of it. That file stays until it expires.
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

// location returns the path of a new upload. Like the SDK it takes only the last segment of the
// header, because a proxy may have added a prefix.
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
		"Expect", "100-continue") // a proxy with a lower limit refuses before the body is sent
	advice := "make the proxy pass PATCH and accept bodies of 30 MB (nginx: client_max_body_size 31m)"
	uploaded := u.passes("upload", answer, err, http.StatusNoContent, advice)
	if uploaded {
		u.say(good, "speed", fmt.Sprintf("the upload of 30 MB took %v", time.Since(began).Round(10*time.Millisecond)), "")
	}
	answer, err = u.request(ctx, http.MethodHead, path, nil)
	if u.passes("head", answer, err, http.StatusOK, "make the proxy pass HEAD and its headers") &&
		uploaded && answer.Header.Get("Upload-Offset") != strconv.Itoa(core.MaxMediaBytes-1) {
		u.say(bad, "head", "after the upload Upload-Offset is "+answer.Header.Get("Upload-Offset")+", not "+strconv.Itoa(core.MaxMediaBytes-1), "make the proxy pass bodies on while they arrive, and not cache answers")
	}
	answer, err = u.request(ctx, http.MethodDelete, path, nil)
	u.passes("delete", answer, err, http.StatusNoContent, "make the proxy pass DELETE")
}

// checkRange downloads a part of a file. The SDK does this for large files and to resume downloads.
func (u mediaUser) checkRange(ctx context.Context) {
	const file, part = 16, 10 // bytes
	answer, err := u.request(ctx, http.MethodPost, "/media/", &io.LimitedReader{R: rand.Reader, N: file},
		"Upload-Length", strconv.Itoa(file), "Content-Type", "application/offset+octet-stream")
	if err == nil && answer.StatusCode != http.StatusCreated {
		u.say(bad, "range", fmt.Sprintf("the upload of a file of %d bytes got the answer %s %s", file, answer.Status, read(answer)), "see the logs of the proxy and the gateway")
		return
	}
	if err == nil {
		read(answer)
		answer, err = u.request(ctx, http.MethodGet, location(answer), nil, "Range", fmt.Sprintf("bytes=0-%d", part-1))
	}
	if err != nil {
		u.say(bad, "range", err.Error(), brokenAdvice)
		return
	}
	if body := read(answer); answer.StatusCode != http.StatusPartialContent || len(body) > part {
		u.say(bad, "range", fmt.Sprintf("a request for %d of %d bytes got the answer %s", part, file, answer.Status),
			"make the proxy pass Range and Content-Range, and not compress answers")
		return
	}
	u.say(good, "range", "parts of files can be downloaded", "")
}

// passes records and reports whether a request got the expected status.
func (e *examination) passes(what string, answer *http.Response, err error, status int, advice string) bool {
	if err != nil {
		e.say(bad, what, err.Error(), advice)
		return false
	}
	if body := read(answer); answer.StatusCode != status {
		if answer.Header.Get(core.GatewayHeader) != "" && gatewayFault(answer.StatusCode) {
			advice = "the proxy is not the cause: the gateway itself refuses this, and its log and /readyz say why"
		}
		e.say(bad, what, "the request got the answer "+answer.Status+" "+body, advice)
		return false
	}
	e.say(good, what, "the gateway gets the request and answers", "")
	return true
}

// gatewayFault reports whether a gateway's answer with this status is about the gateway itself: its store,
// its scanner or its limits. Other refusals may come from what a proxy has left out of the request.
func gatewayFault(status int) bool {
	return status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestEntityTooLarge
}
