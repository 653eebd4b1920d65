package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway/token"
)

const tokenUsage = `Usage: rtm-gateway token --uid USER [flags]

Prints a token with which USER can log in, as a token server would make it:

  rtm-gateway token --apps apps.txt --uid alice
  RTM_APP=APPID:CERTIFICATE rtm-gateway token --uid alice --expire 1h
  rtm-gateway token --apps apps.txt --app APPID --uid alice --version 006

--app is not needed if only one app has a certificate. A certificate in --certificate
stays in the shell's history. Use the variable RTM_APP, or --apps with a file, instead.

Flags:
`

// tokenOptions are the flags of the subcommand.
type tokenOptions struct {
	sources     appSources
	app         string
	certificate string
	uid         string
	expire      time.Duration
	version     string
}

// runToken runs the subcommand token and returns the exit code.
func runToken(args []string, stdout, stderr io.Writer) int {
	o, err := parseToken(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	var text string
	if err == nil {
		text, err = o.mint(slog.New(slog.NewTextHandler(stderr, nil)))
	}
	if err != nil {
		fmt.Fprintf(stderr, "rtm-gateway token: %v; see rtm-gateway token --help\n", err)
		return 2
	}
	fmt.Fprintln(stdout, text)
	return 0
}

func parseToken(args []string, help io.Writer) (tokenOptions, error) {
	var o tokenOptions
	flags := newFlags("rtm-gateway token")
	o.sources.register(flags, "`APPID` that the token is for")
	flags.StringVar(&o.certificate, "certificate", "", "the app's `CERTIFICATE`, if no file or variable has it")
	flags.StringVar(&o.uid, "uid", "", "`USER` that the token is for")
	durationVar(flags, &o.expire, "expire", token.MaxValidity, "how long the token is valid, 1s to 24h")
	flags.StringVar(&o.version, "version", string(token.V007), "`format`, 006 or 007")
	if err := parseFlags(flags, args, tokenUsage, help); err != nil {
		return o, err
	}
	if len(o.sources.entries) > 1 {
		return o, errors.New("--app must be given once")
	}
	if len(o.sources.entries) == 1 {
		o.app, o.sources.entries = o.sources.entries[0], nil
	}
	o.sources.addVariables()
	if !core.ValidID(o.uid) {
		return o, errors.New("--uid must have 1 to 64 of the characters that ids may have")
	}
	return o, nil
}

func (o tokenOptions) mint(log *slog.Logger) (string, error) {
	if err := o.findCertificate(log); err != nil {
		return "", err
	}
	return token.Mint(token.Version(o.version), token.Grant{
		App: o.app, Certificate: o.certificate, UID: o.uid, Issued: time.Now(), Validity: o.expire.Truncate(time.Second),
	})
}

// findCertificate fills in the app and its certificate from the file or the variable.
func (o *tokenOptions) findCertificate(log *slog.Logger) error {
	apps, err := o.sources.load(log)
	if err != nil {
		return err
	}
	if o.certificate != "" {
		return apps.Add(o.app, o.certificate) // returns an error if either is invalid
	}
	if o.app == "" {
		for _, id := range apps.IDs() {
			if apps.Certificate(id) == "" {
				continue
			}
			if o.app != "" {
				return errors.New("several apps have a certificate: choose one with --app")
			}
			o.app = id
		}
	}
	if o.certificate = apps.Certificate(o.app); o.certificate == "" {
		return errors.New("the app has no certificate: give it by --apps FILE, RTM_APP or --certificate")
	}
	return nil
}
