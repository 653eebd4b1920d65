package tests

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// formerFolder is a data folder that an earlier gateway wrote. Renew it at each release, and before
// anything changes that is written in the folder, with the program of the commit before:
//
//	go test ./tests -run TestFormerDataFolder -renewformer
const formerFolder = "vectors/data-folder.tar.gz"

var renewFormer = flag.Bool("renewformer", false, "have this program write the data folder that TestFormerDataFolder opens")

// formerNotes is the file beside the folder that says what is in it.
type formerNotes struct {
	Written  string // the date
	Media    string // of formerFile(1)
	Upload   string // the path of an upload of formerFile(2), of which half has arrived
	Messages []string
}

// formerFile is the content of a file, the same on each run.
func formerFile(seed byte) []byte {
	content := make([]byte, 100_000)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(content) // never fails
	return content
}

// lasting are settings by which nothing in the folder expires.
var lasting = []string{"--media-max-age", "36500d", "--listen", "127.0.0.1:0", "--rest-key", restKey + ":" + restSecret}

// formerReason is why "mallory" is banned in the folder, for as long as a ban can be.
const formerReason = "spam, again and again"

// formerTopic is an attribute of the channel "hall" in the folder.
const formerTopic = "What is new?"

// A gateway opens the data folder of an earlier one: messages for users who are away, media, an
// upload that goes on, the history, bans, and attributes of channels.
func TestFormerDataFolder(t *testing.T) {
	program, dir := buildGateway(t), t.TempDir()
	if *renewFormer {
		writeFormer(t, program)
	}
	// Files of uploads under way are removed when they are old: the copies are new.
	out, err := exec.Command("tar", "-xzmf", formerFolder, "-C", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	var notes formerNotes
	require.NoError(t, json.Unmarshal([]byte(readFile(t, filepath.Join(dir, "notes.json"))), &notes))
	t.Log("written on " + notes.Written)

	g := serve(t, program, append(lasting, "--data", filepath.Join(dir, "data"))...)
	bob := login(t, g.addr(), "bob")
	for _, text := range notes.Messages {
		assert.Equal(t, "alice: "+text, next(t, bob.texts))
	}
	assert.Equal(t, formerFile(1), bob.fetch(t, notes.Media))
	alice := &uploader{t, g.credentialOf("alice")}
	half := len(formerFile(2)) / 2
	require.Equal(t, half, alice.offset(g, notes.Upload))
	require.Equal(t, 204, alice.patch(g, notes.Upload, half, formerFile(2)[half:]))
	alice.has(g, notes.Upload, formerFile(2))

	b := &backend{t, g.url}
	var history []string
	for _, m := range b.read(b.query(`{"filter":{"source":"alice","start_time":"` + notes.Written + `T00:00:00Z","end_time":"` + time.Now().UTC().Format(time.DateOnly) + `T23:59:59Z"}}`)) {
		history = append(history, m.Src+" to "+m.Dst+": "+m.Payload)
	}
	assert.Equal(t, []string{"alice to erin: to a user", "alice to hall: to a channel"}, history)
	bans := b.control(http.StatusOK, http.MethodGet, "/bans", nil)["bans"]
	assert.Equal(t, []string{"mallory"}, listed(bans, "user_id"))
	assert.Equal(t, []string{formerReason}, listed(bans, "reason"))
	assert.Equal(t, core.LoginErrRejected, loginCode(g.url, "mallory", ""))
	attributes := b.control(http.StatusOK, http.MethodGet, "/channels/hall/attributes", nil)["attributes"]
	assert.Equal(t, []string{"topic"}, listed(attributes, "key"))
	assert.Equal(t, []string{formerTopic}, listed(attributes, "value"))

	// The folder is a gateway's as any other.
	carol := login(t, g.addr(), "carol")
	carol.leaves(t, "dave", "later")
	assert.NotContains(t, g.text(), "level=ERROR")
}

// leaves sends a text to a user who is away.
func (m *member) leaves(t *testing.T, peer, text string) {
	t.Helper()
	message := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: text}}
	require.Nil(t, outcome(t, m, func(done func(*core.Error)) {
		m.SendToPeer(peer, message, true, func(_ bool, err *core.Error) { done(err) })
	}))
}

// writeFormer makes formerFolder.
func writeFormer(t *testing.T, program string) {
	t.Helper()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	g := serve(t, program, append(lasting, "--data", data)...)
	notes := formerNotes{Written: time.Now().UTC().Format(time.DateOnly), Messages: []string{"first", "second"}}
	alice := login(t, g.addr(), "alice")
	for _, text := range notes.Messages {
		alice.leaves(t, "bob", text)
	}
	notes.Media = alice.store(t, formerFile(1))
	u := &uploader{t, g.credentialOf("alice")}
	notes.Upload = u.create(g, len(formerFile(2)))
	require.Equal(t, 204, u.patch(g, notes.Upload, 0, formerFile(2)[:len(formerFile(2))/2]))
	b := &backend{t, g.url}
	b.code("/rtm/users/alice/peer_messages", `{"destination":"erin","payload":"to a user","enable_historical_messaging":true}`)
	b.code("/rtm/users/alice/channel_messages", `{"channel_name":"hall","payload":"to a channel","enable_historical_messaging":true}`)
	b.control(http.StatusOK, http.MethodPut, "/bans/mallory", []byte(`{"seconds":315360000,"reason":"`+formerReason+`"}`))
	b.control(http.StatusOK, http.MethodPut, "/channels/hall/attributes", []byte(`{"user_id":"alice","attributes":{"topic":"`+formerTopic+`"}}`))
	g.signal(syscall.SIGTERM)
	require.Zero(t, g.exit())
	keepForever(t, data)
	text, err := json.MarshalIndent(notes, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.json"), text, 0o600))
	out, err := exec.Command("tar", "-czf", formerFolder, "--owner=0", "--group=0", "-C", dir, "data", "notes.json").CombinedOutput()
	require.NoError(t, err, string(out))
}

// keepForever lifts the age limit of the streams in a folder, which no setting changes: a fixture
// must not expire.
func keepForever(t *testing.T, dir string) {
	t.Helper()
	srv, err := server.NewServer(&server.Options{ServerName: "rtm-gateway", DontListen: true, JetStream: true, StoreDir: dir, NoSigs: true})
	require.NoError(t, err)
	srv.Start()
	require.True(t, srv.ReadyForConnections(waitLimit))
	defer srv.WaitForShutdown()
	defer srv.Shutdown()
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	require.NoError(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	for _, name := range []string{"RTM_MAIL", "RTM_MAIL_USERS", "RTM_MAIL_APPS", "KV_rtm_media_uploads", "RTM_MEDIA_USAGE", "RTM_MESSAGES", "RTM_MESSAGES_APPS", "RTM_CHANNEL_ATTRIBUTES"} {
		s, err := js.Stream(t.Context(), name)
		require.NoError(t, err, name)
		config := s.CachedInfo().Config
		config.MaxAge = 0
		_, err = js.UpdateStream(t.Context(), config)
		require.NoError(t, err, name)
	}
}
