package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

const healthUsage = `Usage: rtm-gateway health [--ready] [--within DURATION] [flags]
       rtm-gateway health --url URL [--ready] [--within DURATION]

Exits with 0 if the gateway runs, or with --ready, if clients should come to it.
Otherwise it says why not, and exits with 1. Without --url it asks the gateway with these
settings on this machine:

  rtm-gateway health --config /etc/rtm/gateway.conf
  rtm-gateway health --ready --within 30s && echo next

Flags:
`

// How long one answer may take, and how long to wait before the next request.
const (
	healthTimeout = 5 * time.Second
	healthEvery   = 100 * time.Millisecond
)

// runHealth runs the subcommand health and returns the exit code.
func runHealth(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	var url string
	var ready bool
	var within time.Duration
	flags := newFlags("rtm-gateway health")
	o.register(flags)
	flags.StringVar(&url, "url", "", "`URL` of a gateway on another machine")
	flags.BoolVar(&ready, "ready", false, "ask whether clients should come to the gateway, not only whether it runs")
	durationVar(flags, &within, "within", 0, "repeat the question for this time until the answer is yes")
	_, err := readSettings(flags, args, "url", "ready", "within")
	if errors.Is(err, flag.ErrHelp) {
		printOwnUsage(stdout, healthUsage, flags, "url", "ready", "within")
		return 0
	}
	if err == nil {
		err = checkAddress("listen", o.listen)
	}
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway health: %v; see rtm-gateway health --help\n", err)
		return 2
	}
	client, path := http.DefaultClient, "/healthz"
	if url == "" {
		client, url = o.self()
	}
	if ready {
		path = "/readyz"
	}
	for end := time.Now().Add(within); ; {
		err := answers(ctx, client, strings.TrimSuffix(url, "/")+path)
		if err == nil {
			fmt.Fprintln(stdout, "ok")
			return 0
		}
		if time.Now().After(end) || ctx.Err() != nil {
			fmt.Fprintf(stderr, "rtm-gateway health: %v\n", err)
			return 1
		}
		select {
		case <-time.After(healthEvery):
		case <-ctx.Done():
		}
	}
}

// self returns a client and the URL of the gateway that runs with these settings on this machine.
// The client does not check the certificate, which is for the gateway's public name.
func (o options) self() (*http.Client, string) {
	scheme := "http://"
	if o.tls.cert != "" {
		scheme = "https://"
	}
	host, port, _ := net.SplitHostPort(o.listen) // checked before
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip == netip.IPv4Unspecified() {
		host = "127.0.0.1"
	} else if err == nil && ip == netip.IPv6Unspecified() {
		host = "::1"
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}},
		scheme + net.JoinHostPort(host, port)
}

// answers requests /healthz or /readyz, and returns an error unless the answer is good.
func answers(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	body := read(answer)
	if answer.StatusCode == http.StatusOK && (body == "ok" || strings.Contains(body, `"ready":true`)) {
		return nil
	}
	return fmt.Errorf("%s answers %s %s", url, answer.Status, body)
}
