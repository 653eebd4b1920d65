package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/metrics"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/gateway/rest"
	"rtmwasm/gateway/session"
)

// restOptions are the settings of the REST interface for backends of apps.
type restOptions struct {
	keys    restKeys
	listen  string
	origins origins

	readers userIDs

	peerRate, channelRate, eventRate, historyRate, controlRate int

	historyAge time.Duration
	appHistory int
}

// userIDs are user ids, separated by commas. A user id may have spaces in it.
type userIDs []string

func (u *userIDs) Set(text string) error {
	list := strings.Split(text, ",")
	for _, id := range list {
		if !core.ValidID(id) {
			return fmt.Errorf("%q is not a user id: it needs 1 to 64 of the characters that ids may have", id)
		}
	}
	*u = list
	return nil
}

func (u *userIDs) String() string { return strings.Join(*u, ",") }

// restKeys is a secret list of ID:SECRET[@APPID].
type restKeys []string

// Set implements flag.Value.
func (k *restKeys) Set(text string) error { return addSecrets((*[]string)(k), text, "key") }

// String returns "", because keys are secret.
func (*restKeys) String() string { return "" }

// Redacted returns the ids and apps of the keys.
func (k *restKeys) Redacted() string {
	shown := make([]string, len(*k))
	for i, text := range *k {
		id, _, _ := strings.Cut(text, ":")
		shown[i] = id + ":***"
		if key, err := rest.ParseKey(text); err == nil && key.App != "" {
			shown[i] += "@" + key.App
		}
	}
	return strings.Join(shown, " ")
}

// parse returns the keys. Its errors do not show secrets.
func (k restKeys) parse() (keys []rest.Key, err error) {
	for _, text := range k {
		key, err := rest.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("--rest-key: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func (o *restOptions) register(flags *flag.FlagSet) {
	flags.Var(&o.keys, "rest-key", "`ID:SECRET[@APPID]` with which backends call the REST interface, for one app or for all. The secret has at least 16 characters. Give several keys by repeating the flag, or separate them by spaces or commas. Without a key the interface is off")
	flags.StringVar(&o.listen, "rest-listen", "", "`address` to serve the REST interface on, instead of the address of --listen")
	flags.Var(&o.origins, "rest-origins", "`origins` of pages that may read answers of the REST interface, separated by commas. By default no page may")
	flags.Var(&o.readers, "rest-event-users", "`users`, separated by commas, whose tokens may read the events of their app from the REST interface, as keys may")
	flags.IntVar(&o.peerRate, "rest-peer-rate", 500, "how many `calls` in a second an app may make at this gateway to send peer messages")
	flags.IntVar(&o.channelRate, "rest-channel-rate", 1000, "how many `calls` in a second an app may make at this gateway to send channel messages")
	flags.IntVar(&o.eventRate, "rest-event-rate", 10, "how many `calls` in a second an app may make at this gateway to read events, for each of the two kinds")
	flags.IntVar(&o.historyRate, "rest-history-rate", 100, "how many `calls` in a second an app may make at this gateway to each endpoint of the message history")
	flags.IntVar(&o.controlRate, "rest-control-rate", 50, "how many `calls` in a second an app may make at this gateway to the control API, for all operations together")
	durationVar(flags, &o.historyAge, "history-max-age", core.HistoryLifetime, "how long the history keeps messages, with --rest-key only; 0s turns the history off. To change it for existing streams use rtm-gateway streams")
	flags.IntVar(&o.appHistory, "max-app-history", natsengine.DefaultAppHistory, "how many `messages` of one app the history keeps, at all gateways together; 0 means no limit")
}

func (o restOptions) check() error {
	_, err := o.keys.parse()
	if o.listen != "" {
		err = errors.Join(err, checkAddress("rest-listen", o.listen))
	}
	for _, rate := range []struct {
		name string
		n    int
	}{{"rest-peer-rate", o.peerRate}, {"rest-channel-rate", o.channelRate}, {"rest-event-rate", o.eventRate}, {"rest-history-rate", o.historyRate}, {"rest-control-rate", o.controlRate}} {
		if rate.n < 1 {
			err = errors.Join(err, fmt.Errorf("--%s is %d, it must be at least 1", rate.name, rate.n))
		}
	}
	if o.historyAge < 0 {
		err = errors.Join(err, fmt.Errorf("--history-max-age is %v, it must be at least 0s", duration(o.historyAge)))
	}
	if o.appHistory < 0 {
		err = errors.Join(err, fmt.Errorf("--max-app-history is %d, it must be at least 0", o.appHistory))
	}
	return err
}

// apply tells the engine to keep the events and messages that backends can read.
func (o restOptions) apply(where *natsengine.Options) {
	if len(o.keys) > 0 {
		where.Events, where.History, where.HistoryAge, where.AppHistory = true, o.historyAge > 0, o.historyAge, mailQuota(o.appHistory)
	}
}

// restHandler returns the interface on an engine.
func (o options) restHandler(engine *natsengine.Engine, auth session.Authorizer, files *media.Handler, meter *metrics.Metrics, log *slog.Logger) (*rest.Handler, error) {
	keys, err := o.rest.keys.parse()
	if err != nil {
		return nil, err
	}
	apps, ok := auth.(rest.Apps)
	if !ok {
		return nil, fmt.Errorf("%T does not tell which apps are served", auth)
	}
	config := rest.Config{
		Apps: apps, Bus: engine, Control: engine, Media: files, Keys: keys, Logger: log,
		Limits:       rest.Limits{PeerMessages: o.rest.peerRate, ChannelMessages: o.rest.channelRate, Events: o.rest.eventRate, History: o.rest.historyRate, Control: o.rest.controlRate},
		EventReaders: o.rest.readers,
		Address: func(r *http.Request) string {
			return gateway.ClientAddress(r, o.bounds.proxies).String()
		},
	}
	if events := engine.Events(); events != nil {
		config.Events = events
	}
	if history := engine.History(); history != nil {
		config.History = history
	}
	if allowed := o.rest.origins; len(allowed) > 0 {
		config.AllowOrigin = func(origin string) bool { return slices.Contains(allowed, origin) }
	}
	if meter != nil {
		config.Meter = meter
	}
	if len(keys) > 0 {
		log.Info("the REST interface is on", "keys", o.rest.keys.Redacted())
	}
	return rest.New(config)
}

// restDrain is how long running calls may take when the gateway ends.
const restDrain = 15 * time.Second

// serveREST serves the interface on its own address, that of --rest-listen.
func serveREST(address string, handler http.Handler, encrypted *tls.Config, log *slog.Logger) (stop func(), err error) {
	listener, err := listen("rest-listen", address)
	if err != nil {
		return nil, err
	}
	h := gateway.NewHTTPServer(handler, log)
	h.ReadTimeout, h.WriteTimeout = 15*time.Second, time.Minute
	scheme := "http"
	if encrypted != nil {
		scheme, h.TLSConfig = "https", encrypted
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if encrypted != nil {
			_ = h.ServeTLS(listener, "", "") // ends with stop
		} else {
			_ = h.Serve(listener)
		}
	}()
	log.Info("serving the REST interface", "address", scheme+"://"+listener.Addr().String())
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), restDrain)
		defer cancel()
		if err := h.Shutdown(ctx); err != nil {
			_ = h.Close()
		}
		<-done
	}, nil
}
