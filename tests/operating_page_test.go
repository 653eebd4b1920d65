package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/token"
	"rtmwasm/native"
)

// The commands of docs/operating.md, as they are printed and in their order. Between its
// sections clients see that what the page promises is so.
func TestOperatingPage(t *testing.T) {
	t.Parallel()
	if inOwnNetwork(t) {
		return
	}
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	require.NoError(t, os.Symlink(buildGateway(t), filepath.Join(dir, "bin", "rtm-gateway")))
	require.NoError(t, os.Symlink(buildNATS(t), filepath.Join(dir, "nats-server")))
	sh := newTerminal(t, dir)
	o := &operated{}
	promises := map[string]func(*testing.T){ // by section and the number of the block that they follow
		"Settings 2":               o.storesOnOne,
		"Stopping and upgrading 1": o.isBack,
		"Backup and restore 3":     o.isRestored,
		"Backup and restore 4":     func(t *testing.T) { o.isInSnapshot(t, sh) },
		"Three machines 3":         o.storesOnThree,
		"Losing a machine 1":       o.lostNothing,
		"Losing a machine 2":       o.allThreeServe,
		"Upgrading a machine 1":    o.allThreeServe,
	}
	for _, block := range pageBlocks(t, "../docs/operating.md") {
		if !block.run {
			continue
		}
		sh.run(block.text)
		if check := promises[block.after]; check != nil {
			delete(promises, block.after)
			check(t)
		}
	}
	assert.Empty(t, promises, "blocks that the page no longer has")
}

// pageBlock is a block of a page of commands.
type pageBlock struct {
	after string // its section, and its number there
	run   bool   // else it needs what tests have not
	text  string
}

var headingOrBlock = regexp.MustCompile("(?ms)^#+ ([^\n]*)$|^```([^\n]*)\n(.*?)^```$")

func pageBlocks(t *testing.T, file string) (all []pageBlock) {
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	title, n := "", 0
	for _, m := range headingOrBlock.FindAllStringSubmatch(string(page), -1) {
		if m[1] != "" {
			title, n = m[1], 0
			continue
		}
		require.Contains(t, []string{"sh", "sh needs-root", "sh needs-docker", "sh needs-nats", "sh needs-bucket", "sh needs-aws", "json"}, m[2])
		n++
		all = append(all, pageBlock{fmt.Sprint(title, " ", n), m[2] == "sh", m[3]})
	}
	return all
}

// operated are the users of what the page sets up.
type operated struct {
	alice, bob *member
	content    []byte
	mediaID    string
}

const (
	pageApp         = "0123456789abcdef0123456789abcdef"
	pageCertificate = "fedcba9876543210fedcba9876543210"
)

// pageLogin logs in at a gateway of the page.
func pageLogin(t *testing.T, url, uid string) *member {
	t.Helper()
	text, err := token.Mint(token.V007, token.Grant{App: pageApp, Certificate: pageCertificate, UID: uid, Issued: time.Now(), Validity: time.Hour})
	require.NoError(t, err)
	m := &member{host: native.NewHost(), states: make(chan core.State, 100), texts: make(chan string, 100)}
	m.Client = core.New(pageApp, url, m.host, m)
	require.Nil(t, outcome(t, m, func(done func(*core.Error)) { m.Login(uid, text, done) }))
	t.Cleanup(func() {
		m.host.Do(func() { _ = m.LogoutNow() })
		m.host.CloseIdle()
	})
	return m
}

// connected waits until a client is.
func (m *member) connected(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		return outcome(t, m, func(done func(core.State)) { done(m.State()) }) == core.Connected
	}, waitLimit, 20*time.Millisecond)
}

const oneGateway = "http://127.0.0.1:8080"

func (o *operated) storesOnOne(t *testing.T) {
	o.alice = pageLogin(t, oneGateway, "alice")
	o.content = randomFile(3 << 20)
	o.mediaID = o.alice.store(t, o.content)
	mail := &core.Outgoing{Message: &core.Message{Type: wire.Message_TEXT, Text: "for later"}}
	require.True(t, outcome(t, o.alice, func(done func(bool)) {
		o.alice.SendToPeer("zoe", mail, true, func(_ bool, err *core.Error) { done(err == nil) })
	}))
	write := &wire.AttributeWrite{Channel: "garden", Op: wire.AttributeWrite_SET, Attribute: []*core.Attribute{{Key: "season", Value: "spring"}}}
	require.Nil(t, outcome(t, o.alice, func(done func(*core.Error)) { o.alice.WriteAttributes(write, done) }))
}

// isBack holds of the gateway that was started again.
func (o *operated) isBack(t *testing.T) {
	o.alice.connected(t)
	assert.Equal(t, o.content, o.alice.fetch(t, o.mediaID))
}

// isRestored holds of the gateway that works on a folder from the backup.
func (o *operated) isRestored(t *testing.T) {
	o.isBack(t)
	zoe := pageLogin(t, oneGateway, "zoe")
	assert.Equal(t, "alice: for later", next(t, zoe.texts))
	read := &wire.AttributeRead{Channel: "garden"}
	attributes := outcome(t, zoe, func(done func([]*core.Attribute)) {
		zoe.ReadAttributes(read, func(all []*core.Attribute, err *core.Error) {
			assert.Nil(t, err)
			done(all)
		})
	})
	if assert.Len(t, attributes, 1) {
		assert.Equal(t, "spring", attributes[0].Value)
	}
	zoe.says(t, "alice", "it is all there")
	assert.Equal(t, "zoe: it is all there", next(t, o.alice.texts))
	zoe.host.Do(func() { _ = zoe.LogoutNow() }) // or she would come to the next gateway by herself
}

// isInSnapshot holds of the folder that was copied while the gateway stood still.
func (o *operated) isInSnapshot(t *testing.T, sh *terminal) {
	sh.run("mkdir -m 700 snapshot && tar -C snapshot -xzf snapshot.tar.gz\n" +
		"bin/rtm-gateway --config gateway.conf --data snapshot & gateway=$!\n" +
		"bin/rtm-gateway health --ready --within 10s --config gateway.conf\n")
	o.isRestored(t)
	sh.run("kill $gateway && wait $gateway\n")
}

func (o *operated) storesOnThree(t *testing.T) {
	o.alice, o.bob = pageLogin(t, "http://127.0.0.11:8080", "alice"), pageLogin(t, "http://127.0.0.13:8080", "bob")
	o.mediaID = o.alice.store(t, o.content)
	o.allThreeServe(t)
}

// lostNothing holds whatever happens to the second machine.
func (o *operated) lostNothing(t *testing.T) {
	o.alice.connected(t)
	o.bob.connected(t)
	assert.Equal(t, o.content, o.bob.fetch(t, o.mediaID))
	assert.Equal(t, o.content, o.bob.fetch(t, o.alice.store(t, o.content)))
	o.alice.says(t, "bob", "still here")
	assert.Equal(t, "alice: still here", next(t, o.bob.texts))
}

func (o *operated) allThreeServe(t *testing.T) {
	o.lostNothing(t)
	carol := pageLogin(t, "http://127.0.0.12:8080", "carol")
	assert.Equal(t, o.content, carol.fetch(t, o.mediaID))
	carol.says(t, "bob", "from the second")
	assert.Equal(t, "carol: from the second", next(t, o.bob.texts))
}
