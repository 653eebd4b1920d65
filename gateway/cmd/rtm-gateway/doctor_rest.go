package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"

	"rtmwasm/gateway/rest"
)

// checkREST checks whether the interface for backends is on, and whether the first --rest-key works.
func (e *examination) checkREST(ctx context.Context) {
	var key rest.Key
	if keys, err := e.rest.keys.parse(); err == nil && len(keys) > 0 { // checked before
		key = keys[0]
	}
	app := cmp.Or(key.App, noApp)
	if apps, err := e.apps.load(slog.New(slog.DiscardHandler)); err == nil && key.App == "" && len(apps.IDs()) > 0 {
		app = apps.IDs()[0]
	}
	var header []string
	if key.ID != "" {
		header = []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(key.ID+":"+key.Secret))}
	}
	answer, err := e.ask(ctx, http.MethodGet, rest.ControlPrefix+app+"/usage", nil, header...)
	if err != nil {
		e.say(bad, "rest", err.Error(), brokenAdvice)
		return
	}
	var said struct{ Code string }
	unreadable := json.Unmarshal([]byte(read(answer)), &said) != nil
	switch {
	case unreadable:
		e.say(poor, "rest", "the REST interface does not answer at this address", "if the gateway has --rest-listen, backends must use that address; otherwise make the proxy pass "+rest.ControlPrefix+" on to the gateway")
	case said.Code == "rest_off" && key.ID != "":
		e.say(bad, "rest", "the REST interface is off", "give the gateway the same --rest-key")
	case said.Code == "rest_off":
		e.say(good, "rest", "the REST interface is off: there is no --rest-key", "")
	case answer.StatusCode == http.StatusUnauthorized && key.ID == "":
		e.say(good, "rest", "the REST interface is on; no key was given to try it", "")
	case answer.StatusCode == http.StatusUnauthorized:
		e.say(bad, "rest", "the gateway does not accept the key "+key.ID+" for the app "+app, "give both the same --rest-key")
	case answer.StatusCode != http.StatusOK:
		e.say(bad, "rest", "the REST interface answers "+answer.Status, "see the gateway's log")
	default:
		e.say(good, "rest", "the REST interface accepts the key "+key.ID, "")
	}
}

// noApp is the app id to ask for if the settings name no app. In development mode the gateway serves it.
const noApp = "00000000000000000000000000000000"
