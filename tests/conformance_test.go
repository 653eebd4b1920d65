// Package tests holds what spans packages: the conformance suite over the transports of
// a Go program, and the rule of arrows. The browser tests are beside it, in TypeScript.
package tests

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/coretest"
	"rtmwasm/gateway"
	"rtmwasm/gateway/mediastore/storetest"
	"rtmwasm/gateway/mediaurl"
	"rtmwasm/gateway/natsengine"
	"rtmwasm/native"
)

// startGateway runs a gateway on an engine of its own.
func startGateway(t *testing.T) *gateway.Server {
	ctx := context.Background()
	engine, err := natsengine.Open(ctx, natsengine.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(engine.Close)
	server, err := gateway.New(gateway.Config{
		Engine:       engine,
		MediaStore:   storetest.New(t, engine.MediaRecords()),
		MediaURLKeys: mediaurl.NewRing(engine.MediaKeys(), nil, 0),
		Logger:       slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		require.NoError(t, server.Close(ctx))
	})
	return server
}

// nativeTransport adapts a native.Host to the suite.
type nativeTransport struct{ *native.Host }

func (t nativeTransport) Bytes(b []byte) core.Blob { return t.Host.Bytes(b) }

func TestConformanceNative(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(startGateway(t).Handler())
	t.Cleanup(site.Close)
	coretest.Run(t, site.URL, func(t *testing.T) coretest.Transport {
		h := native.NewHost()
		t.Cleanup(h.CloseIdle)
		return nativeTransport{h}
	})
}

func TestConformanceInMemory(t *testing.T) {
	t.Parallel()
	server := startGateway(t)
	roundTrip := func(ctx context.Context, r *core.HTTPRequest, body []byte) (_ int, _ func(string) string, _ []byte, err error) {
		defer func() {
			if p := recover(); p == http.ErrAbortHandler { // as net/http's server does
				err = http.ErrAbortHandler
			} else if p != nil {
				panic(p)
			}
		}()
		req := httptest.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(body))
		for _, h := range r.Header {
			req.Header.Set(h[0], h[1])
		}
		if len(body) == 0 {
			req.Body, req.ContentLength = http.NoBody, 0
		}
		answer := recorder{httptest.NewRecorder()}
		server.Handler().ServeHTTP(answer, req)
		return answer.Code, answer.Header().Get, answer.Body.Bytes(), ctx.Err()
	}
	serve := func(ctx context.Context, c *coretest.Conn) { server.ServeConn(ctx, c.GatewayEnd()) }
	coretest.Run(t, "http://gateway", func(*testing.T) coretest.Transport {
		return &coretest.Memory{Serve: serve, RoundTrip: roundTrip}
	})
}

// recorder takes deadlines as a connection does; in memory they have no meaning.
type recorder struct{ *httptest.ResponseRecorder }

func (recorder) SetReadDeadline(time.Time) error  { return nil }
func (recorder) SetWriteDeadline(time.Time) error { return nil }
