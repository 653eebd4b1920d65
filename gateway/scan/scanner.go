package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"rtmwasm/gateway/media"
	"rtmwasm/gateway/signature"
	"rtmwasm/gateway/tracing"
)

// DefaultTimeout is the zero value of Options.Timeout.
const DefaultTimeout = time.Minute

// Options say how a Scanner works. The zero value is usable for clamd.
type Options struct {
	// Timeout is how long one scan may take, the wait for a free connection included; 0 means
	// DefaultTimeout.
	Timeout time.Duration

	// Connections is how many scans may run at the same time; 0 means 8 for clamd, which
	// works with 10 threads unless told otherwise, and 64 for a hook.
	Connections int

	// AcceptUnscanned accepts uploads without a scan while the scanner does not work. Otherwise clients must
	// try again.
	AcceptUnscanned bool

	// Secret signs the requests to a hook, which needs one: see signature.ParseSecret.
	Secret []byte

	// ContentURL is the URL at which a hook reaches the Scanner's ServeHTTP, such as
	// "http://10.0.0.5:8080" + media.ScanPath.
	ContentURL string

	// Meter counts scans; nil means that they are not counted.
	Meter Meter

	// Logger gets a line for each rejected upload, and when the scanner fails or works again. nil
	// means slog.Default().
	Logger *slog.Logger
}

// Result is how a scan ended.
type Result string

// Results.
const (
	Clean    Result = "clean"
	Rejected Result = "rejected"
	Failed   Result = "failed" // the scanner does not work, or had no result: the client tries again
	Passed   Result = "passed" // the same, with Options.AcceptUnscanned
)

// Results are all of them.
var Results = []Result{Clean, Rejected, Failed, Passed}

// Meter counts scans. It must be safe for concurrent use.
type Meter interface {
	Scanned(r Result, took time.Duration)
}

type noMeter struct{}

func (noMeter) Scanned(Result, time.Duration) {}

// errTooLarge means that the scanner does not accept content of this size.
var errTooLarge = errors.New("the scanner takes no files of this size")

// kind is what scans.
type kind interface {
	// scan returns nil, *media.Rejected, errTooLarge, or why there is no result. ctx has a deadline.
	scan(ctx context.Context, info media.Info, content io.ReaderAt) error

	// ping returns an error if scans would fail.
	ping(ctx context.Context) error
}

// Scanner checks uploads. It is safe for concurrent use.
type Scanner struct {
	kind
	options Options
	name    string // for people
	places  chan struct{}
	lent    lent
	health  health
}

// New makes a Scanner for a URL. It does not connect.
func New(rawURL string, o Options) (*Scanner, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errForm
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Meter == nil {
		o.Meter = noMeter{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	s := &Scanner{options: o, name: Redacted(rawURL)}
	connections := 8
	switch u.Scheme {
	case "clamd":
		s.kind, err = newClamd(u)
	case "http", "https":
		connections = 64
		s.kind, err = newWebhook(u, o, &s.lent)
	default:
		err = errForm
	}
	if err != nil {
		return nil, err
	}
	if o.Connections > 0 {
		connections = o.Connections
	}
	s.places = make(chan struct{}, connections)
	s.health = health{ping: s.Ping, log: o.Logger.With("scanner", s.name)}
	return s, nil
}

var errForm = errors.New("it must be such as clamd://127.0.0.1:3310, clamd:///run/clamav/clamd.ctl or https://hook.example.com/scan")

// Redacted returns the URL of a scanner without its secret parts: user and query, and for a web
// hook also the path.
func Redacted(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err == nil && u.Scheme == "clamd" {
		return "clamd://" + u.Host + u.Path
	}
	return signature.RedactedURL(rawURL)
}

// Check implements mediastore.Checker.
func (s *Scanner) Check(ctx context.Context, info media.Info, content io.ReaderAt) error {
	began := time.Now()
	ctx, span := tracing.Start(ctx, "scan")
	result, err := s.check(ctx, info, content)
	span.Set("rtm.result", string(result))
	if result == Failed {
		span.End(err)
	} else {
		span.End(nil)
	}
	if ctx.Err() != nil && result == Failed { // the request has ended: not a failure of the scanner
		return err
	}
	s.options.Meter.Scanned(result, time.Since(began))
	return err
}

func (s *Scanner) check(ctx context.Context, info media.Info, content io.ReaderAt) (Result, error) {
	log := s.options.Logger.With("app", info.App, "user", info.UID, "key", info.Key)
	if s.options.AcceptUnscanned {
		if err := s.health.failure(); err != nil { // do not let each upload wait for the time-out
			log.WarnContext(ctx, "scan: an upload is accepted without a scan, because the scanner does not answer", "error", err)
			return Passed, nil
		}
	}
	err := s.inTime(ctx, func(ctx context.Context) error { return s.scan(ctx, info, content) })
	var rejected *media.Rejected
	switch {
	case err == nil:
		s.health.isWell()
		return Clean, nil
	case errors.Is(err, errTooLarge):
		log.ErrorContext(ctx, "scan: the scanner takes no files of this size: raise its limit (clamd: StreamMaxLength 31M)", "bytes", info.Size)
		return Rejected, &media.Rejected{Reason: errTooLarge.Error()}
	case errors.As(err, &rejected):
		s.health.isWell()
		rejected = &media.Rejected{Reason: plainText(rejected.Reason)}
		log.WarnContext(ctx, "scan: an upload was rejected", "reason", rejected.Reason, "bytes", info.Size, "type", info.Type)
		return Rejected, rejected
	case ctx.Err() != nil:
		return Failed, err
	}
	s.health.hasFailed(err)
	if s.options.AcceptUnscanned {
		log.WarnContext(ctx, "scan: an upload is accepted without a scan, because the scanner failed", "error", err)
		return Passed, nil
	}
	return Failed, fmt.Errorf("scan: %w", err)
}

// inTime waits for a free connection and runs a scan with its deadline.
func (s *Scanner) inTime(ctx context.Context, scan func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-limited.Done():
		return fmt.Errorf("all %d connections to the scanner are in use: %w", cap(s.places), limited.Err())
	}
	err := scan(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("the scanner took longer than %v", s.options.Timeout)
	}
	return err
}

// Ready implements mediastore.Checker: it returns why the last scan failed, until the scanner
// works again. With Options.AcceptUnscanned it returns nil.
func (s *Scanner) Ready() error {
	if s.options.AcceptUnscanned {
		return nil
	}
	return s.health.failure()
}

// pingTimeout is how long a Ping may take.
const pingTimeout = 3 * time.Second

// Ping checks whether the scanner answers. It returns within pingTimeout.
func (s *Scanner) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return s.ping(ctx)
}

// String returns the URL of the scanner without secrets.
func (s *Scanner) String() string { return s.name }

// ServeHTTP serves media.ScanPath for hooks.
func (s *Scanner) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.lent.ServeHTTP(w, r) }
