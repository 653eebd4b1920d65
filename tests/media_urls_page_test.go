package tests

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/core"
	"rtmwasm/native"
)

// urlRequest is what the backends of docs/media-urls.md are asked for.
type urlRequest struct {
	Gateway  string `json:"gateway"`
	App      string `json:"app"`
	MediaID  string `json:"mediaId"`
	Exp      int64  `json:"exp"`
	KID      string `json:"kid"`
	Secret   string `json:"secret"`
	Download string `json:"download"`
}

// What is put behind or beside a block of the page, so that it reads requests as JSON and prints
// the URLs, each on a line.
const (
	nodeMain = `
for (const request of JSON.parse(process.argv[2])) console.log(mediaUrl(request));
`
	pythonMain = `
import json, sys
for request in json.loads(sys.argv[1]):
    print(media_url(**request))
`
	goMain = `package main

import (
	"encoding/json"
	"fmt"
	"os"

	"shop/backend"
)

func main() {
	var all []struct{ Gateway, App, MediaID, KID, Secret, Download string; Exp int64 }
	if err := json.Unmarshal([]byte(os.Args[1]), &all); err != nil {
		panic(err)
	}
	for _, r := range all {
		fmt.Println(backend.MediaURL(r.Gateway, r.App, r.MediaID, r.Exp, r.KID, r.Secret, r.Download))
	}
}
`
)

// Backends in three languages make the URLs of the page's vectors, and such that a gateway takes.
func TestMediaURLsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/media-urls.md")
	require.NoError(t, err)
	block := func(language string) string {
		found := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(page)
		require.NotNil(t, found, language)
		return string(found[1])
	}
	var vectors []struct {
		urlRequest
		URL string `json:"url"`
	}
	require.NoError(t, json.Unmarshal([]byte(block("json")), &vectors))

	const secret, app = "0123456789abcdefghijklmnopqrstuv", "0123456789abcdef0123456789abcdef"
	g := serve(t, buildGateway(t), "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--media-url-key", "backend:"+secret)
	m := &member{host: native.NewHost(), states: make(chan core.State, 100), texts: make(chan string, 100)}
	m.Client = core.New(app, g.url, m.host, m)
	t.Cleanup(m.host.CloseIdle)
	require.Nil(t, outcome(t, m, func(done func(*core.Error)) { m.Login("alice", "", done) }))
	content := randomFile(1000)
	id := m.store(t, content)

	requests, live := []urlRequest{}, urlRequest{g.url, app, id, time.Now().Add(time.Hour).Unix(), "backend", secret, ""}
	for _, v := range vectors {
		requests = append(requests, v.urlRequest)
	}
	named := live
	named.Download = "a b&c=d.txt"
	requests = append(requests, live, named)
	asked, err := json.Marshal(requests)
	require.NoError(t, err)

	dir := t.TempDir()
	for name, text := range map[string]string{
		"url.mjs": block("mjs") + nodeMain, "url.py": block("python") + pythonMain,
		"go.mod": "module shop\n", "main.go": goMain, "backend/backend.go": block("go"),
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for name, command := range map[string][]string{
		"node": {"node", "url.mjs"}, "python3": {"python3", "url.py"}, "go": {"go", "run", "."},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(name); err != nil {
				t.Skip(name + " is not installed: install it to run this test")
			}
			run := exec.CommandContext(t.Context(), command[0], append(command[1:], string(asked))...)
			run.Dir = dir
			out, err := run.Output()
			require.NoError(t, err)
			urls := strings.Split(strings.TrimSpace(string(out)), "\n")
			require.Len(t, urls, len(requests))
			for i, v := range vectors {
				assert.Equal(t, urlParts(t, v.URL), urlParts(t, urls[i]))
			}
			for _, u := range urls[len(vectors):] {
				answer, err := http.Get(u)
				require.NoError(t, err)
				body, err := io.ReadAll(answer.Body)
				require.NoError(t, err)
				require.NoError(t, answer.Body.Close())
				assert.Equal(t, http.StatusOK, answer.StatusCode, u)
				assert.Equal(t, content, body)
			}
		})
	}
}

// urlParts are a URL's without the order of its parameters.
func urlParts(t *testing.T, text string) []any {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return []any{u.Path, u.Query()}
}
