package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"rtmwasm/core"
	"rtmwasm/gateway"
	"rtmwasm/gateway/session"
)

// entries is a secret list of APPID[:CERTIFICATE].
type entries []string

// Set implements flag.Value.
func (e *entries) Set(text string) error { return addSecrets((*[]string)(e), text, "app id") }

// String returns "", because entries may have certificates.
func (*entries) String() string { return "" }

// Redacted returns the app ids.
func (e *entries) Redacted() string {
	shown := make([]string, len(*e))
	for i, entry := range *e {
		if app, _, given := strings.Cut(entry, ":"); given {
			entry = app + ":***"
		}
		shown[i] = entry
	}
	return strings.Join(shown, " ")
}

// fileName is a flag that must not be empty.
type fileName string

func (f *fileName) Set(name string) error {
	if name == "" {
		return errors.New("it must name a file")
	}
	*f = fileName(name)
	return nil
}

func (f *fileName) String() string { return string(*f) }

// appSources are the settings that name apps.
type appSources struct {
	entries entries
	file    fileName

	development bool // everybody may log in, also from other machines; only the gateway itself sets it
}

func (s *appSources) register(flags *flag.FlagSet, entryUsage string) {
	flags.Var(&s.entries, "app", entryUsage)
	flags.Var(&s.file, "apps", "`FILE` with an app id and its certificate on each line; # begins a comment")
}

// addVariables fills in what the flags do not set, from the gateway's variables.
func (s *appSources) addVariables() {
	_ = s.entries.Set(os.Getenv(variable("app"))) // fails if the variable is not set
	if s.file == "" {
		s.file = fileName(os.Getenv(variable("apps")))
	}
}

// check refuses settings that let everybody in from other machines, unless --development is given.
func (s *appSources) check(listen string) error {
	named := len(s.entries) > 0 || s.file != ""
	switch {
	case s.development && named:
		return errors.New("--development lets everybody in: it does not go with --app and --apps")
	case !s.development && !named && !isLoopback(listen):
		return fmt.Errorf("no apps are named, so that anybody may log in as anybody, and --listen %s can be reached from other machines: "+
			"name your apps by --apps or --app, or give --development if this is meant", listen)
	}
	return nil
}

// load reads all sources. Its errors do not show certificates.
func (s *appSources) load(log *slog.Logger) (*gateway.Apps, error) {
	apps := &gateway.Apps{}
	if name := s.file; len(name) >= 32 && core.ValidAppID(string(name[:32])) { // it may have a certificate: do not show it
		return nil, errors.New("--apps names a file: app ids and certificates themselves go with --app or RTM_APP")
	}
	if s.file != "" {
		if err := readApps(apps, string(s.file), log); err != nil {
			return nil, fmt.Errorf("--apps: %w", err)
		}
	}
	if err := addEntries(apps, s.entries); err != nil {
		return nil, fmt.Errorf("--app: %w", err)
	}
	return apps, nil
}

func isSeparator(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }

func addEntries(apps *gateway.Apps, entries []string) error {
	for _, entry := range entries {
		app, certificate, given := strings.Cut(entry, ":")
		if given && certificate == "" {
			return fmt.Errorf("the certificate of app %s is missing after the colon", app)
		}
		if err := apps.Add(app, certificate); err != nil {
			return err
		}
	}
	return nil
}

func readApps(apps *gateway.Apps, file string, log *slog.Logger) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o007 != 0 { // the group may read it: it may be the gateway's group
		log.Warn("every user of this machine can read the certificates: chmod 600 the file, or 640 with the gateway's group", "file", file)
	}
	if err := apps.Read(f); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if len(apps.IDs()) == 0 {
		return fmt.Errorf("%s: it lists no app id", file)
	}
	return nil
}

// authorizer returns who may log in, and logs it.
func authorizer(apps *gateway.Apps, log *slog.Logger) session.Authorizer {
	if len(apps.IDs()) == 0 {
		log.Warn("development mode: every app id, user and token is accepted; name your apps with --app or --apps")
		return gateway.Development{}
	}
	for _, id := range apps.IDs() {
		if apps.Certificate(id) == "" {
			log.Warn("app id without certificate: every user may log in, without a token", "app", id)
		} else {
			log.Info("app id with certificate: tokens are required", "app", id)
		}
	}
	return apps
}
