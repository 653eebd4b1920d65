package tests

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/tests/cluster"
)

// A cluster whose servers speak TLS, ask for a certificate and let in only users of their
// operator's accounts: gateways work on it with --nats-ca, --nats-cert, --nats-key and
// --nats-creds, and say what is wrong without. What they store has a replica on each
// server, unless --replicas says otherwise.
func TestClusterSecured(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, 1, cert, key)
	creds := filepath.Join(dir, "gateway.creds")
	config := filepath.Join(dir, "nats.conf")
	require.NoError(t, os.WriteFile(config, []byte(accounts(t, creds)+fmt.Sprintf(`
tls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }
`, cert, key, cert)), 0o600))
	client := []nats.Option{nats.UserCredentials(creds), nats.RootCAs(cert), nats.ClientCert(cert, key)}
	c := startClusterAs(t, cluster.Options{Config: config, Client: client})
	program := buildGateway(t)

	urls := strings.ReplaceAll(strings.Join(c.URLs(), ","), "nats://", "tls://")
	trusted := []string{"--listen", "127.0.0.1:0", "--nats", urls, "--media", t.TempDir(), "--nats-ca", cert}
	known := append(trusted[:len(trusted):len(trusted)], "--nats-cert", cert, "--nats-key", key)
	for says, args := range map[string][]string{
		"give one by --nats-cert":    trusted, // the servers ask for a certificate
		"name a user of the cluster": known,   // and for a user
		"give --nats-ca the file":    {"--listen", "127.0.0.1:0", "--nats", urls, "--media", t.TempDir()},
	} {
		out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
		require.Error(t, err)
		assert.Contains(t, string(out), says)
	}
	all := append(known, "--nats-creds", creds)
	near, far := runWith(t, program, all...), runWith(t, program, all...)
	alice, bob := login(t, near.addr, "alice"), login(t, far.addr, "bob")
	alice.says(t, "bob", "hello")
	assert.Equal(t, "alice: hello", next(t, bob.texts))
	assert.Equal(t, "content", string(bob.fetch(t, alice.store(t, []byte("content")))))

	assert.Equal(t, map[int]bool{3: true}, replicas(t, c, client))
	fewer := append(all, "--replicas", "1")
	third := runWith(t, program, fewer...)
	assert.Equal(t, map[int]bool{3: true}, replicas(t, c, client), "a start changes nothing that exists")
	apply := func() (string, error) {
		out, err := exec.CommandContext(t.Context(), program, append([]string{"streams", "--apply"}, fewer...)...).CombinedOutput()
		return string(out), err
	}
	out, err := apply()
	require.Error(t, err)
	assert.Contains(t, out, "gateways that run on these streams: 3,")
	assert.Equal(t, map[int]bool{3: true}, replicas(t, c, client), "nothing is changed while gateways run")
	for _, p := range []*process{near, far, third} {
		require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	}
	for _, p := range []*process{near, far, third} {
		require.NoError(t, p.Wait())
	}
	out, err = apply() // at once: a gateway that was told to end leaves nothing behind
	require.NoError(t, err, out)
	assert.Equal(t, map[int]bool{1: true}, replicas(t, c, client))
}

// replicas are the numbers of replicas that streams and buckets have.
func replicas(t *testing.T, c *cluster.Cluster, client []nats.Option) map[int]bool {
	t.Helper()
	nc, err := nats.Connect(strings.Join(c.URLs(), ","), client...)
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	found := map[int]bool{}
	streams := js.ListStreams(t.Context())
	for info := range streams.Info() {
		found[info.Config.Replicas] = true
	}
	require.NoError(t, streams.Err())
	return found
}

// accounts is the part of a server's configuration that knows an operator with an account
// for gateways, whose user's credentials are written to a file.
func accounts(t *testing.T, creds string) (config string) {
	t.Helper()
	pair := func(create func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		keys, err := create()
		require.NoError(t, err)
		public, err := keys.PublicKey()
		require.NoError(t, err)
		return keys, public
	}
	encoded := func(text string, err error) string {
		require.NoError(t, err)
		return text
	}
	operatorKeys, operatorID := pair(nkeys.CreateOperator)
	_, systemID := pair(nkeys.CreateAccount)
	accountKeys, accountID := pair(nkeys.CreateAccount)
	userKeys, userID := pair(nkeys.CreateUser)

	operator := jwt.NewOperatorClaims(operatorID)
	operator.SystemAccount = systemID
	account := jwt.NewAccountClaims(accountID)
	account.Limits.JetStreamLimits = jwt.JetStreamLimits{
		MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit,
	}
	seed, err := userKeys.Seed()
	require.NoError(t, err)
	user, err := jwt.FormatUserConfig(encoded(jwt.NewUserClaims(userID).Encode(accountKeys)), seed)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(creds, user, 0o600))
	return fmt.Sprintf("operator: %s\nsystem_account: %s\nresolver: MEMORY\nresolver_preload: {\n%s: %s\n%s: %s\n}\n",
		encoded(operator.Encode(operatorKeys)), systemID,
		systemID, encoded(jwt.NewAccountClaims(systemID).Encode(operatorKeys)),
		accountID, encoded(account.Encode(operatorKeys)))
}
