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

// roomFor is how much a disk should have beyond the reserve: a few hundred large files.
const roomFor = 10 << 30

// renewalTime is what is left of a certificate when it should have been renewed.
const renewalTime = 14 * 24 * time.Hour

// local checks the machine that the gateway is to run on.
func (e *examination) local(ctx context.Context) {
	e.checkApps()
	if e.options.nats.servers != "" {
		e.checkNATS(ctx)
	} else {
		e.checkData()
		e.checkClock(time.Time{}, "")
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
		e.say(good, "origins", "pages of any origin may use the gateway; --origins limits that", "")
	} else {
		e.say(good, "origins", "only pages of "+e.bounds.origins.String(), "")
	}
}

func (e *examination) checkApps() {
	apps, err := e.apps.load(slog.New(slog.DiscardHandler))
	switch {
	case err != nil:
		e.say(bad, "apps", err.Error(), "correct the list of apps")
	case len(apps.IDs()) == 0:
		e.say(poor, "apps", "development mode: everybody may log in as any user", "name your apps with --apps")
	default:
		e.say(good, "apps", fmt.Sprintf("%d served", len(apps.IDs())), "")
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
		e.say(poor, "data", dir+" is in use by a gateway", "only one gateway at a time can use it")
	} else {
		e.say(good, "data", dir+" can be written to", "")
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
		e.say(good, "media", e.media.where+" can be written to", "")
		e.checkDisk(there)
	}
}

// checkFolder tries to write to a folder, or to that in which it is to be made: there.
func (e *examination) checkFolder(what, dir string) (there string, ok bool) {
	there = dir
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		there = filepath.Dir(dir)
	}
	f, err := os.CreateTemp(there, ".probe-*")
	if err != nil {
		e.say(bad, what, err.Error(), "give the gateway's user a folder that it may write to")
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
		e.say(poor, "disk", "the free space can't be found out on this system", "watch the disk yourself")
	case free < int64(e.minFree):
		e.say(bad, "disk", found, "uploads will be refused: make room")
	case free < int64(e.minFree)+roomFor:
		e.say(poor, "disk", found, "the disk is soon full: see docs/operating.md on sizes")
	default:
		e.say(good, "disk", found, "")
	}
}

func (e *examination) checkNATS(ctx context.Context) {
	where := natsengine.Options{Logger: slog.New(slog.DiscardHandler)}
	e.options.nats.apply(&where)
	found, err := natsengine.Look(ctx, where)
	if err != nil {
		e.say(bad, "engine", err.Error(), "check that NATS runs with JetStream, and that this machine can reach it")
		e.checkClock(time.Time{}, "")
		return
	}
	text := fmt.Sprintf("NATS %s with JetStream answers in %v", found.Version, found.RoundTrip.Round(10*time.Microsecond))
	if found.Servers < 3 {
		e.say(poor, "engine", fmt.Sprintf("%s; servers: %d", text, found.Servers), "with fewer than three servers, data is lost when one is lost")
	} else {
		e.say(good, "engine", fmt.Sprintf("%s; servers: %d", text, found.Servers), "")
	}
	e.checkClock(found.Time, "NATS")
}

// maxSkew is how far clocks may be apart: tokens end, and are not yet good, by them.
const maxSkew = 5 * time.Second

// checkClock compares with the time that another told; if none did, with that of the build.
func (e *examination) checkClock(theirs time.Time, whose string) {
	now := time.Now()
	if theirs.IsZero() {
		if built := buildTime(); now.Before(built) {
			e.say(bad, "clock", "the clock says "+now.Format(time.RFC3339)+", before this program was built", "set the clock")
			return
		}
		e.say(good, "clock", "the clock says "+now.UTC().Format(time.RFC3339)+"; there is nothing to compare it with", "")
		return
	}
	if skew := now.Sub(theirs).Abs(); skew > maxSkew {
		e.say(bad, "clock", fmt.Sprintf("the clock differs by %v from that of %s", skew.Round(time.Second), whose), "run a time service on both: tokens depend on it")
		return
	}
	e.say(good, "clock", "the clock agrees with that of "+whose, "")
}

// buildTime is that of the commit, if the program knows it.
func buildTime() (at time.Time) {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				at, _ = time.Parse(time.RFC3339, s.Value) // zero if it is of another form
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
			e.say(poor, "listen", e.listen+" is free; other machines can reach it by plain http", "let only a proxy with TLS reach it")
			return
		}
		e.say(good, "listen", e.listen+" is free", "")
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
		e.say(good, "tls", "plain http: a proxy in front has to do TLS", "")
		return
	}
	certificates, err := e.tls.open(slog.New(slog.DiscardHandler))
	if err != nil {
		e.say(bad, "tls", err.Error(), "set --tls-cert and --tls-key to a certificate chain and its key, in PEM")
		return
	}
	expiry := certificates.expiry()
	left := time.Until(expiry)
	found := "the certificate is good until " + expiry.UTC().Format(time.RFC3339)
	switch {
	case left < 0:
		e.say(bad, "tls", found, "renew it")
	case left < renewalTime:
		e.say(poor, "tls", found, "renew it; the gateway reads the new one by itself")
	default:
		e.say(good, "tls", found, "")
	}
}
