package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"rtmwasm/gateway/diskspace"
	"rtmwasm/gateway/natsengine"
)

// roomFor is how many bytes a disk should have free beyond --min-free: enough for a few hundred large files.
const roomFor = 10 << 30

// renewalTime is how long before its expiry a certificate should have been renewed.
const renewalTime = 14 * 24 * time.Hour

// local checks this machine, on which the gateway will run.
func (e *examination) local(ctx context.Context) {
	e.checkApps()
	if e.options.nats.servers != "" {
		e.checkNATS(ctx)
	} else {
		e.checkData()
		e.checkClock(time.Now(), time.Time{}, "")
	}
	switch {
	case e.media.inBucket():
		e.checkBucket(ctx)
	case e.media.where != "":
		e.checkMediaFolder()
	case e.options.nats.servers != "":
		e.say(bad, "media", "--nats is given without --media", "set --media to a folder that all gateways share, or to a bucket")
	}
	e.checkScanner(ctx)
	e.checkWebhook(ctx)
	e.checkTraces(ctx)
	e.checkListen(ctx)
	e.checkTLS()
	if len(e.bounds.origins) == 0 {
		e.say(good, "origins", "pages of any origin may use the gateway; set --origins to limit that", "")
	} else {
		e.say(good, "origins", "only pages of "+e.bounds.origins.String()+" may use the gateway", "")
	}
}

func (e *examination) checkApps() {
	apps, err := e.apps.load(slog.New(slog.DiscardHandler))
	switch {
	case err != nil:
		e.say(bad, "apps", err.Error(), "correct --app or the file of --apps")
	case len(apps.IDs()) == 0:
		e.say(poor, "apps", "development mode: anybody may log in as any user", "name your apps with --apps")
	default:
		e.say(good, "apps", fmt.Sprintf("apps that the gateway serves: %d", len(apps.IDs())), "")
	}
}

func (e *examination) checkData() {
	dir, err := filepath.Abs(e.data)
	if err != nil {
		e.say(bad, "data", err.Error(), "give --data an absolute path")
		return
	}
	there, ok := e.checkFolder("data", dir)
	if !ok {
		return
	}
	if there == dir && natsengine.InUse(dir) {
		e.say(poor, "data", dir+" is in use by a gateway", "before you start another gateway with this folder, stop that one")
	} else {
		e.say(good, "data", "this user can write to "+dir, "")
	}
	e.checkDisk(there)
}

// checkMediaFolder checks a folder that --media names.
func (e *examination) checkMediaFolder() {
	if _, err := os.Stat(e.media.where); e.nats.servers != "" && os.IsNotExist(err) {
		e.say(bad, "media", "there is no folder "+e.media.where, "mount the storage that all gateways share, and create the folder there once")
		return
	}
	if there, ok := e.checkFolder("media", e.media.where); ok {
		e.say(good, "media", "this user can write to "+e.media.where, "")
		e.checkDisk(there)
	}
}

// checkFolder tries to write to a folder. If it does not exist, it tries the parent folder,
// where the gateway would create it. there is the folder that it tried.
func (e *examination) checkFolder(what, dir string) (there string, ok bool) {
	there = dir
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		there = filepath.Dir(dir)
	}
	f, err := os.CreateTemp(there, ".probe-*")
	if err != nil {
		e.say(bad, what, err.Error(), "name a folder to which the gateway's user may write")
		return there, false
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	return there, true
}

func (e *examination) checkDisk(there string) {
	free, known := diskspace.Free(there)
	found := fmt.Sprintf("%.1f GiB are free, of which --min-free reserves %v", float64(free)/(1<<30), &e.minFree)
	switch {
	case !known:
		e.say(poor, "disk", "the gateway cannot measure the free space on this system", "watch it with another program")
	case free < int64(e.minFree):
		e.say(bad, "disk", found, "uploads will be refused: free some space")
	case free < int64(e.minFree)+roomFor:
		e.say(poor, "disk", found, "that is little: docs/operating.md says how much the gateway needs")
	default:
		e.say(good, "disk", found, "")
	}
}

func (e *examination) checkNATS(ctx context.Context) {
	where := natsengine.Options{Logger: slog.New(slog.DiscardHandler)}
	e.options.nats.apply(&where)
	found, err := natsengine.Inspect(ctx, where)
	if err != nil {
		e.say(bad, "engine", err.Error(), "check that NATS runs with JetStream, and that this machine can reach it")
		e.checkClock(time.Now(), time.Time{}, "")
		return
	}
	text := fmt.Sprintf("NATS %s with JetStream answers in %v", found.Version, found.RoundTrip.Round(10*time.Microsecond))
	if found.Servers < 3 {
		e.say(poor, "engine", fmt.Sprintf("%s; servers: %d", text, found.Servers), "run at least three servers: with fewer, data is lost when one server is lost")
	} else {
		e.say(good, "engine", fmt.Sprintf("%s; servers: %d", text, found.Servers), "")
	}
	e.checkClock(time.Now(), found.Time, "NATS")
}

// maxSkew is how far two clocks may differ: they decide whether a token is valid.
const maxSkew = 5 * time.Second

// checkClock compares a time of this machine's clock with theirs at that moment. If theirs is zero, it
// only checks that the clock is later than the build.
func (e *examination) checkClock(now, theirs time.Time, whose string) {
	if theirs.IsZero() {
		if built := buildTime(); now.Before(built) {
			e.say(bad, "clock", "this machine's clock says "+now.UTC().Format(time.RFC3339)+", but this program was built later", "set the clock, and run a time service such as NTP")
			return
		}
		e.say(good, "clock", "this machine's clock says "+now.UTC().Format(time.RFC3339)+"; there is no other clock to compare it with", "")
		return
	}
	if skew := now.Sub(theirs).Abs(); skew > maxSkew {
		e.say(bad, "clock", fmt.Sprintf("this machine's clock differs by %v from that of %s", skew.Round(time.Second), whose), "run a time service such as NTP on both: the clock decides whether a token is valid")
		return
	}
	e.say(good, "clock", "this machine's clock agrees with that of "+whose, "")
}

// buildTime returns the time of the commit, or the zero time if the program does not know it.
func buildTime() (at time.Time) {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				at, _ = time.Parse(time.RFC3339, s.Value)
			}
		}
	}
	return at
}

func (e *examination) checkListen(ctx context.Context) {
	l, err := net.Listen("tcp", e.listen)
	if err == nil {
		_ = l.Close()
		if e.tls.cert == "" && !isLoopback(e.listen) {
			e.say(poor, "listen", "the address "+e.listen+" is free, and other machines can reach it by plain http", "set --tls-cert and --tls-key, or let only a proxy with TLS reach the address")
			return
		}
		e.say(good, "listen", "the address "+e.listen+" is free", "")
		return
	}
	if client, url := e.self(); answers(ctx, client, url+"/healthz") == nil {
		e.say(good, "listen", "a gateway is running on "+e.listen, "")
		return
	}
	e.say(bad, "listen", err.Error(), "stop the program that uses the address, or choose another --listen")
}

func (e *examination) checkTLS() {
	if e.tls.cert == "" {
		e.say(good, "tls", "there is no certificate: the gateway uses plain http, and a proxy in front of it must provide TLS", "")
		return
	}
	certificates, err := e.tls.open(slog.New(slog.DiscardHandler))
	if err != nil {
		e.say(bad, "tls", err.Error(), "set --tls-cert and --tls-key to a certificate chain and its key, in PEM")
		return
	}
	expiry := certificates.expiry()
	left := time.Until(expiry)
	at := expiry.UTC().Format(time.RFC3339)
	found := "the certificate is valid until " + at
	switch {
	case left < 0:
		e.say(bad, "tls", "the certificate expired at "+at, "renew it; the gateway reads the new file by itself")
	case left < renewalTime:
		e.say(poor, "tls", found, "renew it; the gateway reads the new file by itself")
	default:
		e.say(good, "tls", found, "")
	}
}
