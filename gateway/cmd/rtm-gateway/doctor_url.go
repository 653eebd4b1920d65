package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"rtmwasm/core/wire"
	"rtmwasm/gateway/token"
)

// doctorUID is the user that the doctor logs in as.
const doctorUID = "rtm-doctor"

// brokenAdvice is for a request that fails although an earlier one reached the gateway.
const brokenAdvice = "the gateway was reached before: run the doctor again, and see the logs of the proxy and the gateway"

// remote checks a running gateway by its public URL.
func (e *examination) remote(ctx context.Context) {
	e.url = strings.TrimSuffix(e.url, "/")
	u, err := url.Parse(e.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		e.say(bad, "url", "--url is not an http or https address", "give one such as https://rtm.example.org")
		return
	}
	if u.Scheme == "http" {
		e.say(poor, "url", "the address uses plain http", "use https: pages that were loaded by https cannot use this address")
	}
	if !e.checkAnswers(ctx) {
		return
	}
	e.checkSDK(ctx)
	e.checkPreflight(ctx, u)
	e.checkREST(ctx)
	credential := e.checkSocket(ctx)
	if credential == "" {
		e.say(poor, "media", "not checked, because the login failed", "correct the login first")
		return
	}
	e.checkMedia(ctx, credential)
}

// ask makes a request. The caller passes the answer to read.
func (e *examination) ask(ctx context.Context, method, path string, body io.Reader, header ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, e.url+path, body)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if body, ok := body.(*io.LimitedReader); ok {
		r.ContentLength = body.N
	}
	return http.DefaultTransport.RoundTrip(r) // does not follow redirects: they are findings
}

// read returns the first 4096 bytes of the answer's body, and closes it.
func read(answer *http.Response) string {
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
	return strings.TrimSpace(string(body))
}

func (e *examination) checkAnswers(ctx context.Context) bool {
	answer, err := e.ask(ctx, http.MethodGet, "/healthz", nil)
	if err != nil {
		e.say(bad, "reach", err.Error(), "check that the name resolves, the port is open and the certificate is valid")
		return false
	}
	if body := read(answer); answer.StatusCode != http.StatusOK || body != "ok" {
		e.say(bad, "reach", "/healthz answers "+answer.Status, "make the proxy pass all paths on to the gateway")
		return false
	}
	e.say(good, "reach", "a gateway answers", "")
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		e.checkClock(time.Now(), date.Add(time.Second/2), "the gateway")
	}
	answer, err = e.ask(ctx, http.MethodGet, "/readyz", nil)
	if err != nil {
		e.say(bad, "ready", err.Error(), brokenAdvice)
		return true
	}
	switch body := read(answer); {
	case answer.StatusCode != http.StatusOK:
		e.say(bad, "ready", "the gateway is not ready: "+body, "see the gateway's log")
	case strings.Contains(body, `"ok":false`): // an advisory check fails
		e.say(poor, "ready", "the gateway is ready, but one of its checks fails: "+body, "see the gateway's log")
	default:
		e.say(good, "ready", "all checks of the gateway pass", "")
	}
	return true
}

func (e *examination) checkSDK(ctx context.Context) {
	answer, err := e.ask(ctx, http.MethodGet, "/sdk/rtm.js", nil)
	if err != nil {
		e.say(bad, "sdk", err.Error(), brokenAdvice)
		return
	}
	switch read(answer); answer.StatusCode {
	case http.StatusOK:
		e.say(good, "sdk", "pages can load the SDK", "")
	case http.StatusNotFound:
		e.say(poor, "sdk", "the gateway was built without the SDK", "build it with make build, or serve web/dist from another server")
	default:
		e.say(bad, "sdk", "/sdk/rtm.js answers "+answer.Status, "make the proxy pass all paths on to the gateway")
	}
}

// checkPreflight makes the requests that a page of another origin would make.
func (e *examination) checkPreflight(ctx context.Context, u *url.URL) {
	origin := u.Scheme + "://" + u.Host
	if len(e.bounds.origins) > 0 {
		origin = e.bounds.origins[0]
	}
	answer, err := e.ask(ctx, http.MethodOptions, "/media/", nil, "Origin", origin,
		"Access-Control-Request-Method", http.MethodPatch, "Access-Control-Request-Headers", "authorization,tus-resumable,upload-offset")
	if err != nil {
		e.say(bad, "cors", err.Error(), brokenAdvice)
		return
	}
	read(answer)
	allowed := answer.Header.Get("Access-Control-Allow-Origin")
	refusal, err := e.ask(ctx, http.MethodGet, "/rtm", nil, "Origin", origin)
	if err != nil {
		e.say(bad, "cors", err.Error(), brokenAdvice)
		return
	}
	read(refusal)
	switch {
	case refusal.StatusCode == http.StatusForbidden || allowed != "*" && allowed != origin:
		e.say(bad, "cors", "pages of "+origin+" cannot use the gateway: a preflight gets the answer "+answer.Status, "add the origin to --origins, and make the proxy pass OPTIONS")
	case !strings.Contains(answer.Header.Get("Access-Control-Allow-Methods"), http.MethodPatch),
		len(answer.Header.Values("Access-Control-Allow-Origin")) > 1:
		e.say(bad, "cors", "a preflight gets an answer that the gateway did not send in this form", "make the proxy pass OPTIONS, and remove the Access-Control headers that the proxy adds")
	default:
		e.say(good, "cors", "pages of "+origin+" may use the gateway", "")
	}
}

// checkSocket logs in and returns the session's credential, or "" if that fails.
func (e *examination) checkSocket(ctx context.Context) string {
	hello, err := e.hello()
	if err != nil {
		e.say(bad, "login", err.Error(), "correct --app or the file of --apps")
		return ""
	}
	ws, answer, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(e.url, "http")+"/rtm", nil)
	if err != nil {
		found := err.Error()
		if answer != nil {
			found = "the request for a WebSocket got the answer " + answer.Status
		}
		e.say(bad, "websocket", found, "make the proxy pass the headers Upgrade and Connection")
		return ""
	}
	context.AfterFunc(ctx, func() { _ = ws.CloseNow() })
	frame, err := (&wire.ClientFrame{Id: 1, Hello: hello}).MarshalVT()
	if err == nil {
		err = ws.Write(ctx, websocket.MessageBinary, frame)
	}
	var reply wire.ServerFrame
	if err == nil {
		_, frame, err = ws.Read(ctx)
	}
	if err == nil {
		err = reply.UnmarshalVT(frame)
	}
	switch {
	case err != nil:
		e.say(bad, "websocket", err.Error(), "make the proxy forward WebSockets unchanged")
		return ""
	case reply.Welcome == nil:
		e.say(good, "websocket", "a WebSocket passes messages in both directions", "")
		e.say(poor, "login", "the gateway refused the login: "+reply.Refusal.GetReason().String()+" "+reply.Refusal.GetText(), "name an app of the gateway, with its certificate, by --apps or --app")
		return ""
	}
	e.say(good, "websocket", "a WebSocket passes messages in both directions, and "+doctorUID+" could log in", "")
	e.leave = func() {
		if bye, err := (&wire.ClientFrame{Bye: &wire.Bye{}}).MarshalVT(); err == nil {
			_ = ws.Write(ctx, websocket.MessageBinary, bye)
			_, _, _ = ws.Read(ctx) // the gateway closes it
		}
	}
	return reply.Welcome.Credential
}

// hello returns a Hello for the first app of the settings, with a token if the app has a certificate.
func (e *examination) hello() (*wire.Hello, error) {
	apps, err := e.apps.load(slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	hello := &wire.Hello{Version: 1, AppId: noApp, Uid: doctorUID, Sdk: "rtm-gateway doctor"}
	if ids := apps.IDs(); len(ids) > 0 {
		hello.AppId = ids[0]
		if certificate := apps.Certificate(hello.AppId); certificate != "" {
			grant := token.Grant{App: hello.AppId, Certificate: certificate, UID: doctorUID, Issued: time.Now(), Validity: 10 * time.Minute}
			if hello.Token, err = token.Mint(token.V007, grant); err != nil {
				return nil, fmt.Errorf("mint a token: %w", err)
			}
		}
	}
	return hello, nil
}
