package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"rtmwasm/gateway/natsengine"
)

// natsOptions say which NATS cluster stores the data, instead of a data folder.
type natsOptions struct {
	servers                    natsURLs
	credentials, ca, cert, key string
	replicas                   int
}

// natsURLs are URLs, separated by commas. They may have passwords.
type natsURLs string

func (u *natsURLs) Set(urls string) error {
	*u = natsURLs(urls)
	return nil
}

// String returns "", because package flag and errors may show it.
func (*natsURLs) String() string { return "" }

// Redacted returns the URLs without users and passwords.
func (u *natsURLs) Redacted() string {
	shown := strings.Split(string(*u), ",")
	for i, one := range shown {
		if scheme, rest, ok := strings.Cut(one, "://"); ok {
			if at := strings.LastIndex(rest, "@"); at >= 0 {
				shown[i] = scheme + "://***@" + rest[at+1:]
			}
		} else if at := strings.LastIndex(one, "@"); at >= 0 {
			shown[i] = "***@" + one[at+1:]
		}
	}
	return strings.Join(shown, ",")
}

func (o *natsOptions) register(flags *flag.FlagSet) {
	flags.Var(&o.servers, "nats", "`URL[,URL...]` of a NATS cluster with JetStream, such as nats://n1:4222,nats://n2:4222. It stores all data except media, instead of --data; any number of gateways may share it")
	flags.StringVar(&o.credentials, "nats-creds", "", "`file` with a NATS user's credentials")
	flags.StringVar(&o.ca, "nats-ca", "", "`file` with the CA certificates to check the NATS servers with, instead of the system's")
	flags.StringVar(&o.cert, "nats-cert", "", "`file` with this gateway's certificate, for NATS servers that ask for one")
	flags.StringVar(&o.key, "nats-key", "", "`file` with the key of --nats-cert")
	flags.IntVar(&o.replicas, "replicas", 0, "on how many `servers` of the cluster new streams are stored: 1, 3 or 5; 0 means 3 if the cluster has that many, otherwise 1. To change it for existing streams use rtm-gateway streams")
}

func (o natsOptions) check(dataGiven bool) error {
	switch {
	case o == natsOptions{}:
		return nil
	case o.servers == "":
		return errors.New("--nats-creds, --nats-ca, --nats-cert, --nats-key and --replicas go with --nats")
	case dataGiven:
		return errors.New("--data and --nats exclude each other: the cluster stores all data except media, and media goes to --media")
	case (o.cert == "") != (o.key == ""):
		return errors.New("--nats-cert and --nats-key go together")
	}
	if err := o.servers.check(); err != nil {
		return err
	}
	switch o.replicas {
	case 0, 1, 3, 5:
		return nil
	}
	return fmt.Errorf("--replicas is %d, it must be 1, 3 or 5", o.replicas)
}

// check returns an error if a URL is malformed. The error does not show passwords.
func (u *natsURLs) check() error {
	for i, one := range strings.Split(string(*u), ",") {
		if scheme, _, given := strings.Cut(one, "://"); given && !slices.Contains([]string{"nats", "tls", "ws", "wss"}, scheme) {
			return fmt.Errorf("--nats: URL %d begins with %s://, it must be such as nats://n1:4222 or tls://n1:4222", i+1, scheme)
		}
		if one == "" || strings.ContainsAny(one, " \t") {
			return fmt.Errorf("--nats: URL %d is empty or has a space in it; separate URLs only by commas", i+1)
		}
	}
	return nil
}

// explain adds the cluster's URLs to an error, and what to do about it.
func (o natsOptions) explain(err error) error {
	advice := ""
	switch natsengine.Diagnose(err) {
	case natsengine.Unreachable:
		advice = ": check that NATS runs there, and that this machine can reach it"
	case natsengine.Unauthorized:
		advice = ": name a user of the cluster by --nats-creds, or in the URL"
	case natsengine.TLSMismatch:
		advice = ": use tls:// for servers with TLS, nats:// for servers without"
	case natsengine.Untrusted:
		advice = ": give --nats-ca the file with the CA certificates of the servers"
	case natsengine.TLSRefused:
		advice = ": the servers may need a client certificate: give one by --nats-cert and --nats-key"
		if o.cert != "" {
			advice = ": the servers may not trust the certificate of --nats-cert"
		}
	case natsengine.NoJetStream:
		advice = ": switch on JetStream for the servers and the account"
	case natsengine.TooFewServers:
		advice = fmt.Sprintf(": --replicas %d needs as many servers", o.replicas)
	}
	return fmt.Errorf("--nats %s: %w%s", o.servers.Redacted(), err, advice)
}

// apply makes the engine use the cluster, if --nats is given.
func (o natsOptions) apply(to *natsengine.Options) {
	if o.servers == "" {
		return
	}
	to.Dir = ""
	to.Servers = strings.Split(string(o.servers), ",")
	to.Credentials, to.CA, to.Cert, to.Key = o.credentials, o.ca, o.cert, o.key
	to.Replicas = o.replicas
}
