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

// checkMedia uploads all but the last byte of the largest file, and removes it again.
func (e *examination) checkMedia(ctx context.Context, credential string) {
	defer e.leave()
	as := []string{"Authorization", "Bearer " + credential, "Tus-Resumable", "1.0.0"}
	with := func(more ...string) []string { return append(more, as...) }

	answer, err := e.ask(ctx, http.MethodPost, "/media/", nil, with("Upload-Length", strconv.Itoa(core.MaxMediaBytes))...)
	path := ""
	if err == nil {
		// As the SDK does: a proxy may have put its own path before ours, or not.
		location := answer.Header.Get("Location")
		path = "/media/" + location[strings.LastIndexByte(location, '/')+1:]
	}
	if !e.passes("create", answer, err, http.StatusCreated, "have the proxy pass Authorization, Upload-Length and Location") {
		return
	}
	began := time.Now()
	body := &io.LimitedReader{R: rand.Reader, N: core.MaxMediaBytes - 1}
	answer, err = e.ask(ctx, http.MethodPatch, path, body, with("Upload-Offset", "0", "Content-Type", "application/offset+octet-stream",
		"Expect", "100-continue")...) // who finds it too large says so before it is sent
	advice := "have the proxy pass PATCH and take bodies of 30 MB, in nginx client_max_body_size 31m"
	uploaded := e.passes("upload", answer, err, http.StatusNoContent, advice)
	if uploaded {
		e.say(good, "speed", fmt.Sprintf("30 MB took %v", time.Since(began).Round(10*time.Millisecond)), "")
	}
	answer, err = e.ask(ctx, http.MethodHead, path, nil, with()...)
	if e.passes("head", answer, err, http.StatusOK, "have the proxy pass HEAD and its headers") &&
		uploaded && answer.Header.Get("Upload-Offset") != strconv.Itoa(core.MaxMediaBytes-1) {
		e.say(bad, "head", "Upload-Offset is "+answer.Header.Get("Upload-Offset"), "have the proxy hand bodies on as they come")
	}
	answer, err = e.ask(ctx, http.MethodDelete, path, nil, with()...)
	e.passes("delete", answer, err, http.StatusNoContent, "have the proxy pass DELETE")
}

// passes says whether a request got the status it should.
func (e *examination) passes(what string, answer *http.Response, err error, status int, advice string) bool {
	if err != nil {
		e.say(bad, what, err.Error(), advice)
		return false
	}
	if body := read(answer); answer.StatusCode != status {
		e.say(bad, what, "it got "+answer.Status+" "+body, advice)
		return false
	}
	e.say(good, what, "it passes", "")
	return true
}
