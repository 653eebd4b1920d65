package tests

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writeCertificate makes a certificate for 127.0.0.1 with a serial number, and its key.
func writeCertificate(t *testing.T, serial int64, certFile, keyFile string) (pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	require.NoError(t, os.WriteFile(certFile, cert, 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600))
	pool = x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(cert))
	return pool
}

// New certificate files are served without a restart; bad ones are told of and change nothing.
func testCertificates(t *testing.T, program string) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := writeCertificate(t, 1, cert, key)
	g := serve(t, program, "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--tls-cert", cert, "--tls-key", key)
	require.Contains(t, g.url, "https://")
	address := strings.TrimPrefix(g.url, "https://")
	serial := func() int64 {
		c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		require.NoError(t, err)
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	require.EqualValues(t, 1, serial())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	t.Cleanup(client.CloseIdleConnections)
	answer, err := client.Get(g.url + "/healthz")
	require.NoError(t, err)
	_ = answer.Body.Close()
	assert.Equal(t, 200, answer.StatusCode)
	out, err := exec.Command(program, "health", "--ready", "--listen", address, "--tls-cert", cert).CombinedOutput()
	require.NoError(t, err, string(out))
	verdicts, lines, _ := examine(t, program, "--listen", address, "--data", dir, "--tls-cert", cert, "--tls-key", key)
	assert.Equal(t, "ok", verdicts["listen"], lines)

	// Who is no TLS client leaves no line.
	plain, err := net.Dial("tcp", address)
	require.NoError(t, err)
	_, err = plain.Write([]byte("\x16\x03\x01\x00\x05hello"))
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, plain) // until the gateway hangs up
	_ = plain.Close()
	assert.NotContains(t, g.text(), "TLS handshake")

	require.NoError(t, os.WriteFile(cert, []byte("not a certificate"), 0o600))
	require.Eventually(t, func() bool {
		return assert.EqualValues(t, 1, serial()) && strings.Contains(g.text(), "the old one stays")
	}, waitLimit, 100*time.Millisecond)
	writeCertificate(t, 2, cert, key)
	require.Eventually(t, func() bool { return serial() == 2 }, waitLimit, 100*time.Millisecond)
	assert.Equal(t, 1, strings.Count(g.text(), "the old one stays"), "said once")
}
