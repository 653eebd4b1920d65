package natsengine

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A server that wants a client certificate tells so by an alert. Whether the alert is read or the
// connection is found closed depends on who is faster: either way the answer is the same.
func TestWhyTLSFails(t *testing.T) {
	cert, ca := makeCertificate(t)
	serve := func(t *testing.T, config *tls.Config, after func(raw net.Conn, c *tls.Conn)) (url string) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				raw, err := l.Accept()
				if err != nil {
					return
				}
				raw.Write([]byte(`INFO {"server_id":"test","version":"2.15.0","proto":1,"tls_required":true,"max_payload":1048576}` + "\r\n"))
				after(raw, tls.Server(raw, config))
				raw.Close()
			}
		}()
		return "tls://" + l.Addr().String()
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	wanting := config.Clone()
	wanting.ClientAuth = tls.RequireAnyClientCert

	for name, c := range map[string]struct {
		config *tls.Config
		after  func(raw net.Conn, c *tls.Conn)
		ca     string
		want   Diagnosis
	}{
		"an alert, read in time": {wanting, func(raw net.Conn, c *tls.Conn) {
			c.Handshake()
			raw.Read(make([]byte, 1<<10)) // what the client writes must find the connection open
		}, ca, TLSRefused},
		"closed, no alert seen": {config, func(raw net.Conn, c *tls.Conn) {
			c.Handshake()
			raw.(*net.TCPConn).SetLinger(0) // sends a reset, which makes the client lose what it has not read
		}, ca, TLSRefused},
		"closed in the handshake":         {config, func(net.Conn, *tls.Conn) {}, ca, TLSRefused},
		"a certificate nobody has signed": {config, func(_ net.Conn, c *tls.Conn) { c.Handshake() }, "", Untrusted},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), Options{Servers: []string{serve(t, c.config, c.after)}, CA: c.ca})
			require.Error(t, err)
			assert.Equal(t, c.want, Diagnose(err), "%v", err)
		})
	}
}

// makeCertificate makes a certificate of 127.0.0.1 that has signed itself, and a file with it.
func makeCertificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}
