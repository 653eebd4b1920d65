package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/token"
)

// The commands of docs/backend.md, as they are printed and in their order, with a user who gets what
// the page sends.
func TestBackendPage(t *testing.T) {
	t.Parallel()
	if inOwnNetwork(t) {
		return
	}
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	require.NoError(t, os.Symlink(buildGateway(t), filepath.Join(dir, "bin", "rtm-gateway")))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "examples", "webhook"), os.DirFS("../examples/webhook")))
	sh := newTerminal(t, dir)
	var bob *heard
	gets := func(from, text string) {
		d := next(t, bob.got)
		assert.Equal(t, []string{from, text}, []string{d.From, d.Message.Text})
	}
	promises := map[string]func(){ // by section and the number of the block that they follow
		"From the vendor's host to yours 1": func() {
			bob = loginHeard(t, oneGateway, "bob")
			bob.join(t, "garden")
		},
		"To one user 1":  func() { gets("Server", "your order is on its way") },
		"To a channel 1": func() { gets("Server", "the gates close at eight") },
		"Who came and went 1": func() {
			assert.Regexp(t, `"user_id":"bob","type":"Login"`, readFile(t, filepath.Join(dir, "user-events.json")))
			assert.Regexp(t, `"group_id":"garden","channel_id":"garden","user_id":"bob","type":"Join"`, readFile(t, filepath.Join(dir, "channel-events.json")))
		},
		"The history 1": func() { gets("Server", "for the record") },
		"The history 2": func() {
			assert.Regexp(t, `"messages":\[\{"src":"Server","dst":"garden","payload":"for the record"`, readFile(t, filepath.Join(dir, "messages.json")))
		},
		"Who is there 1": func() {
			assert.Regexp(t, `"sessions":\[\{"user_id":"bob","state":"online"`, readFile(t, filepath.Join(dir, "sessions.json")))
			assert.Regexp(t, `"users":\[\{"user_id":"bob","state":"online"\},\{"user_id":"carol","state":"offline"\}\]`, readFile(t, filepath.Join(dir, "presence.json")))
			assert.Regexp(t, `"count":1,"members":\["bob"\]`, readFile(t, filepath.Join(dir, "members.json")))
		},
		"Attributes of a channel 1": func() {
			assert.Regexp(t, `"attributes":\[\{"key":"topic","value":"roses","writer":"Server"`, readFile(t, filepath.Join(dir, "attributes.json")))
		},
		"A backend sends a picture 1": func() {
			for _, name := range []string{"dot.png", "other.png"} {
				m := next(t, bob.got).Message
				assert.Equal(t, []any{wire.Message_IMAGE, name, uint32(1), uint32(1)}, []any{m.Type, m.FileName, m.Width, m.Height})
			}
		},
		"Kick and ban 1": func() {
			assert.Equal(t, core.Aborted, whyEnded(t, bob))
			assert.Regexp(t, `"bans":\[\{"user_id":"bob",.*"reason":"sells watches"`, readFile(t, filepath.Join(dir, "bans.json")))
			require.Eventually(t, func() bool { // the gateway hears of the end of the ban by a watch
				return loginCode(oneGateway, "bob", restToken(t, token.V007, "bob", time.Hour)) == 0
			}, waitLimit, 10*time.Millisecond)
			bob = loginHeard(t, oneGateway, "bob")
		},
		"Credentials 1": func() {
			gets("alice", "one")
			gets("alice", "two")
		},
		"Webhooks 1": func() {
			assert.Contains(t, readFile(t, filepath.Join(dir, "events.jsonl")), `"type":"test"`)
		},
		"Webhooks 2": func() {
			loginHeard(t, oneGateway, "carol").join(t, "garden")
			require.Eventually(t, func() bool {
				events := readFile(t, filepath.Join(dir, "events.jsonl"))
				return strings.Contains(events, `"type":"join"`) && strings.Contains(events, `"uid":"carol"`)
			}, waitLimit, 20*time.Millisecond)
		},
	}
	for _, block := range pageBlocks(t, "../docs/backend.md") {
		if !block.run {
			continue
		}
		sh.run(block.text)
		if check := promises[block.after]; check != nil {
			delete(promises, block.after)
			check()
		}
	}
	assert.Empty(t, promises, "blocks that the page no longer has")
}
