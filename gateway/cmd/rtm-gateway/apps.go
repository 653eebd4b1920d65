package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"rtmwasm/gateway"
)

// appsVariable is read beside the flags: what stands on a command line can be seen in
// the list of processes.
const appsVariable = "RTM_APPS"

// appSources are where the apps are named.
type appSources struct {
	entries []string // of --app; looked at in load only, since flag quotes what it refuses
	file    string
}

func (s *appSources) register(flags *flag.FlagSet, entryUsage string) {
	flags.Func("app", entryUsage, func(entry string) error {
		s.entries = append(s.entries, entry)
		return nil
	})
	flags.Func("apps", "`FILE` with an app id and its certificate on each line; # begins a comment. "+
		"The variable "+appsVariable+" may hold APPID[:CERTIFICATE] entries, too", func(file string) error {
		if file == "" { // as of a shell variable that is not set: no reason to let everybody in
			return errors.New("it must name a file")
		}
		s.file = file
		return nil
	})
}

// load reads all sources. Its errors name no certificate.
func (s *appSources) load(log *slog.Logger) (*gateway.Apps, error) {
	apps := &gateway.Apps{}
	if s.file != "" {
		if err := readApps(apps, s.file, log); err != nil {
			return nil, fmt.Errorf("--apps: %w", err)
		}
	}
	if err := addEntries(apps, strings.FieldsFunc(os.Getenv(appsVariable), isSeparator)); err != nil {
		return nil, fmt.Errorf("%s: %w", appsVariable, err)
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
			return fmt.Errorf("the certificate of app %s is missing behind the colon", app)
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
	if info.Mode().Perm()&0o077 != 0 {
		log.Warn("others can read the certificates: chmod 600 the file", "file", file)
	}
	if err := apps.Read(f); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if len(apps.IDs()) == 0 {
		return fmt.Errorf("%s: it lists no app id", file)
	}
	return nil
}

// authorizer says at the start who will be let in.
func authorizer(apps *gateway.Apps, log *slog.Logger) gateway.Authorizer {
	if len(apps.IDs()) == 0 {
		log.Warn("development mode: every app id, user and token is accepted; name yours with --app or --apps")
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
