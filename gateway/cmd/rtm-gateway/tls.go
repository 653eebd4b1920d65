package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// tlsOptions name the files of the certificate and its key. Without them the gateway serves plain HTTP.
type tlsOptions struct{ cert, key string }

func (o *tlsOptions) register(flags *flag.FlagSet) {
	flags.StringVar(&o.cert, "tls-cert", "", "`file` with the certificate chain to serve https with; read again when it changes")
	flags.StringVar(&o.key, "tls-key", "", "`file` with the key of --tls-cert")
}

func (o tlsOptions) check() error {
	if (o.cert == "") != (o.key == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	return nil
}

// open reads the certificate. It returns nil for plain HTTP.
func (o tlsOptions) open(log *slog.Logger) (*certificates, error) {
	if o.cert == "" {
		return nil, nil
	}
	c := &certificates{tlsOptions: o, log: log}
	_, err := c.get(nil)
	return c, err
}

// lookEvery is how often handshakes check at most whether the files have changed.
const lookEvery = time.Second

// certificates provides the certificate in the files. While the files do not match, for example
// because only one of them has been replaced, it provides the last pair that matched.
type certificates struct {
	tlsOptions
	log *slog.Logger

	mu     sync.Mutex // guards the rest
	looked time.Time
	seen   [2]time.Time // the files' times when they were last read
	pair   *tls.Certificate
}

// config returns nil for plain HTTP.
func (c *certificates) config() *tls.Config {
	if c == nil {
		return nil
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: c.get,
		// WebSockets need HTTP/1.1, and uploads and downloads are not faster with HTTP/2.
		NextProtos: []string{"http/1.1"},
	}
}

// expiry returns when the current certificate expires.
func (c *certificates) expiry() time.Time {
	pair, _ := c.get(nil) // never nil: open has read one
	return pair.Leaf.NotAfter
}

// get implements tls.Config.GetCertificate.
func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return c.pair, nil
	}
	c.looked = time.Now()
	err := c.read()
	if c.pair == nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
	}
	if err != nil {
		c.log.Error("the new TLS certificate cannot be used, the old one stays", "error", err)
	}
	return c.pair, nil
}

// read reads the files if they have changed since the last time.
func (c *certificates) read() error {
	var now [2]time.Time
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		now[i] = info.ModTime()
	}
	if now == c.seen {
		return nil
	}
	c.seen = now
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	if c.pair != nil {
		c.log.Info("the TLS certificate was read again", "until", pair.Leaf.NotAfter)
	}
	c.pair = &pair
	return nil
}
