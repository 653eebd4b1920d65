package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"rtmwasm/core"
	"rtmwasm/gateway"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/metrics"
	"rtmwasm/gateway/scan"
)

// maxScanTimeout is shorter than the time after which a client ends an upload without progress.
const maxScanTimeout = core.MediaStallTimeout - 20*time.Second

// scanOptions say what scans uploads.
type scanOptions struct {
	url         scanURL
	timeout     time.Duration
	unavailable string // one of whenUnavailable
	secret      secretText
	urlBase     string
}

// whenUnavailable are the values of --scan-unavailable.
const (
	scanRefuse = "refuse"
	scanPass   = "pass"
)

// scanURL is a URL that may have a password, or a secret path or query.
type scanURL string

func (u *scanURL) Set(text string) error { *u = scanURL(text); return nil }
func (*scanURL) String() string          { return "" }
func (u *scanURL) Redacted() string {
	if *u == "" {
		return ""
	}
	return scan.Redacted(string(*u))
}

// secretText is never shown.
type secretText string

func (s *secretText) Set(text string) error { *s = secretText(text); return nil }
func (*secretText) String() string          { return "" }
func (s *secretText) Redacted() string {
	if *s == "" {
		return ""
	}
	return "***"
}

func (o *scanOptions) register(flags *flag.FlagSet) {
	flags.Var(&o.url, "scan", "`URL` of the scanner that checks each upload before anybody can read it: clamd://HOST:PORT or clamd:///PATH/OF/SOCKET of ClamAV, or a web hook, https://HOOK")
	durationVar(flags, &o.timeout, "scan-timeout", scan.DefaultTimeout, "how long one scan may take")
	flags.StringVar(&o.unavailable, "scan-unavailable", scanRefuse, "what happens to uploads while the scanner does not answer, `refuse or pass`: refuse makes clients try again, pass accepts the uploads without a scan")
	flags.Var(&o.secret, "scan-secret", "`secret` of at least 16 bytes with which the gateway signs requests to a scan hook. Give it as RTM_SCAN_SECRET or in the file of --config, because others can see a command line")
	flags.StringVar(&o.urlBase, "scan-url-base", "", "`URL` at which a scan hook reaches this gateway, and no other one, such as http://10.0.0.5:8080; the default is the address of --listen")
}

// isHook reports whether the scanner is a web hook.
func (o *scanOptions) isHook() bool {
	return strings.HasPrefix(string(o.url), "http://") || strings.HasPrefix(string(o.url), "https://")
}

// check needs the address of --listen: a hook must be able to reach the gateway there.
func (o *scanOptions) check(listen string, tls bool) error {
	switch {
	case o.url == "" && (o.secret != "" || o.urlBase != "" || o.unavailable != scanRefuse || o.timeout != scan.DefaultTimeout):
		return errors.New("--scan-timeout, --scan-unavailable, --scan-secret and --scan-url-base go with --scan")
	case o.url == "":
		return nil
	case o.timeout < time.Second || o.timeout > maxScanTimeout:
		return fmt.Errorf("--scan-timeout is %v, it must be from 1s to %v: clients end an upload that makes no progress for %v", duration(o.timeout), duration(maxScanTimeout), duration(core.MediaStallTimeout))
	case o.unavailable != scanRefuse && o.unavailable != scanPass:
		return fmt.Errorf("--scan-unavailable is %q, it must be %s or %s", o.unavailable, scanRefuse, scanPass)
	case !o.isHook() && (o.secret != "" || o.urlBase != ""):
		return errors.New("--scan-secret and --scan-url-base go with a hook: --scan https://HOOK")
	case o.isHook() && o.secret == "":
		return errors.New("--scan with a hook needs --scan-secret, by which the hook knows that the gateway asks; give it as RTM_SCAN_SECRET")
	case o.isHook() && o.urlBase == "" && (tls || isUnspecified(listen)):
		return fmt.Errorf("--scan with a hook needs --scan-url-base: --listen %s does not tell how the hook reaches this gateway", listen)
	case o.urlBase != "" && !strings.HasPrefix(o.urlBase, "http://") && !strings.HasPrefix(o.urlBase, "https://"):
		return fmt.Errorf("--scan-url-base is %q, it must be such as http://10.0.0.5:8080", o.urlBase)
	}
	_, err := scan.New(string(o.url), o.options())
	if err != nil {
		err = fmt.Errorf("--scan: %w", err)
	}
	return err
}

// isUnspecified reports whether an address means all addresses of the machine.
func isUnspecified(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}

func (o *scanOptions) options() scan.Options {
	return scan.Options{
		Timeout: o.timeout, AcceptUnscanned: o.unavailable == scanPass,
		Secret: []byte(o.secret), ContentURL: strings.TrimSuffix(o.urlBase, "/") + media.ScanPath,
	}
}

// open returns the scanner, or nil without --scan. self is the URL that the gateway listens at.
func (o scanOptions) open(self string, meter *metrics.Metrics, log *slog.Logger) (*scan.Scanner, error) {
	if o.url == "" {
		return nil, nil
	}
	if o.urlBase == "" {
		o.urlBase = self
	}
	options := o.options()
	options.Logger = log
	if meter != nil {
		options.Meter = meter
	}
	s, err := scan.New(string(o.url), options)
	if err != nil {
		return nil, fmt.Errorf("--scan: %w", err)
	}
	log.Info("uploads are scanned", "by", s.String(), "while it does not answer", o.unavailable)
	return s, nil
}

// clamdConf is what clamd needs to scan each file completely.
const clamdConf = "clamd.conf needs StreamMaxLength 31M, MaxFileSize 31M and AlertExceedsMax yes"

// checkScanner tests the scanner of --scan. clamd must scan the largest file, and must not pass a file
// that is beyond its limits. Both are true only if it rejects an archive that is nested too deeply.
func (e *examination) checkScanner(ctx context.Context) {
	if e.scan.url == "" {
		return
	}
	scanner, err := e.scan.open("http://"+e.listen, nil, slog.New(slog.DiscardHandler))
	if err == nil {
		err = scanner.Ping(ctx)
	}
	switch {
	case err != nil && e.scan.unavailable == scanPass:
		e.say(poor, "scanner", err.Error(), "uploads are accepted without a scan: check that the scanner runs")
		return
	case err != nil:
		e.say(bad, "scanner", err.Error(), "uploads will be refused: check that the scanner runs, and that this machine can reach it")
		return
	}
	if !e.scan.isHook() {
		var rejected *media.Rejected
		err = scanner.Check(ctx, media.Info{Size: core.MaxMediaBytes}, zeros{})
		if errors.As(err, &rejected) {
			e.say(bad, "scanner", rejected.Reason, clamdConf)
			return
		}
		if err == nil {
			nested := nestedZip()
			if err = scanner.Check(ctx, media.Info{Size: nested.Size()}, nested); err == nil {
				e.say(bad, "scanner", "it reports files beyond its limits, such as those over MaxFileSize, as clean without a scan", clamdConf)
				return
			}
			if errors.As(err, &rejected) {
				err = nil
			}
		}
		if err != nil {
			e.say(bad, "scanner", err.Error(), "see the log of clamd")
			return
		}
	}
	e.say(good, "scanner", scanner.String()+" answers", "")
}

// nestedZip returns an archive of archives, nested more deeply than scanners look.
func nestedZip() *bytes.Reader {
	content := []byte("a")
	for range 100 {
		var out bytes.Buffer
		archive := zip.NewWriter(&out)
		w, err := archive.Create("a.zip")
		if err == nil {
			_, err = w.Write(content)
		}
		if err = errors.Join(err, archive.Close()); err != nil {
			panic(err) // writing to a buffer never fails
		}
		content = out.Bytes()
	}
	return bytes.NewReader(content)
}

// zeros is a reader of zero bytes.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }

var _ gateway.Scanner = (*scan.Scanner)(nil)
