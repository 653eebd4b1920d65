package tests

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// codec is the runtime of the generated frames.
const codec = "github.com/aperturerobotics/protobuf-go-lite"

// heavy is what must not reach the pages' binary, not even through others: each would
// make it larger by hundreds of kilobytes.
var heavy = []string{
	"net/http", "encoding/json", "encoding/gob", "log/slog", "text/template", "regexp", "context", "crypto/sha256",
}

// rule says what a package may import. "std" is the whole standard library, "ours/..."
// names a folder with all below it.
type rule struct {
	pkg  string
	js   bool     // looked at as built for the browser
	may  []string // the only direct imports beside its own folder
	not  []string // exceptions from may
	deep []string // not even through others
}

// The rule of arrows: who may import whom. A package that is not listed fails the test,
// but for those below tests: they may import anything, and nobody imports them.
var rules = []rule{
	{pkg: "core", may: []string{"std", "rtmwasm/core/wire", "rtmwasm/core/imagesize", "rtmwasm/core/imagemeta"},
		not: []string{"net/http", "syscall/js", "encoding/json", "log/slog", "context", "fmt", "reflect"}, deep: heavy},
	{pkg: "core", js: true, may: []string{"std", "rtmwasm/core/wire", "rtmwasm/core/imagesize", "rtmwasm/core/imagemeta"}, deep: heavy},
	{pkg: "core/wire", may: []string{"std", codec}, deep: heavy},
	{pkg: "core/imagesize"},
	{pkg: "core/imagemeta", may: []string{"rtmwasm/core/imagesize"}},
	{pkg: "core/serial", may: []string{"sync", "time"}},
	{pkg: "core/coretest", may: []string{"std", "rtmwasm/core", "rtmwasm/core/wire", "rtmwasm/core/serial", "github.com/stretchr/testify/..."}},
	{pkg: "core/internal/gencodes", may: []string{"std"}},
	{pkg: "core/internal/genlimits", may: []string{"std", "rtmwasm/core"}},
	{pkg: "core/internal/slimwire", may: []string{"std"}},

	{pkg: "jsbridge", js: true, may: []string{"std", "rtmwasm/core", "rtmwasm/core/wire", "github.com/hack-pad/safejs"},
		not: []string{"syscall/js"}, deep: heavy},
	{pkg: "wasm", js: true, may: []string{"rtmwasm/jsbridge"}, deep: heavy},
	{pkg: "wasm/std/fmt", may: []string{"errors", "strconv"}},
	{pkg: "wasm/std/strings"},
	{pkg: "wasm/std/time", may: []string{"unsafe"}},

	{pkg: "native", may: []string{"std", "rtmwasm/core", "rtmwasm/core/wire", "rtmwasm/core/serial", "github.com/coder/websocket"},
		deep: []string{"rtmwasm/gateway", "rtmwasm/jsbridge", "github.com/stretchr/testify/require"}},

	{pkg: "native/cmd/rtm-load", may: []string{"std", "rtmwasm/core", "rtmwasm/core/wire", "rtmwasm/native", "rtmwasm/gateway/token", "rtmwasm/version", "github.com/HdrHistogram/hdrhistogram-go"},
		deep: []string{"rtmwasm/gateway", "rtmwasm/jsbridge", "github.com/stretchr/testify/require"}},

	{pkg: "gateway", may: []string{"std", "rtmwasm/gateway/tracing", "go.opentelemetry.io/otel/...", "rtmwasm/core", "rtmwasm/core/wire", "rtmwasm/gateway/channel", "rtmwasm/gateway/content", "rtmwasm/gateway/history", "rtmwasm/gateway/id", "rtmwasm/gateway/mailbox", "rtmwasm/gateway/media", "rtmwasm/gateway/presence", "rtmwasm/gateway/rate", "rtmwasm/gateway/rest", "rtmwasm/gateway/session", "rtmwasm/gateway/socket", "rtmwasm/gateway/token"},
		deep: []string{"rtmwasm/native", "rtmwasm/jsbridge", "rtmwasm/gateway/natsengine", "github.com/nats-io/nats.go", "go.opentelemetry.io/otel/sdk/trace", "google.golang.org/grpc", "github.com/prometheus/client_golang/prometheus"}},
	{pkg: "gateway/background", may: []string{"sync"}},
	{pkg: "gateway/channel", may: []string{"std", "rtmwasm/core", "rtmwasm/core/wire", "rtmwasm/gateway/background", "rtmwasm/gateway/id", "rtmwasm/gateway/retry"},
		deep: []string{"rtmwasm/gateway", "net/http", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/clock", may: []string{"std"}},
	{pkg: "gateway/content", may: []string{"std"}},
	{pkg: "gateway/diskspace", may: []string{"std"}, deep: []string{"net/http"}},
	{pkg: "gateway/event", may: []string{"std", "rtmwasm/core/wire", "rtmwasm/gateway/id", "rtmwasm/gateway/media"}, deep: []string{"rtmwasm/gateway", "rtmwasm/gateway/session"}},
	{pkg: "gateway/history", may: []string{"std", "rtmwasm/core/wire"}, deep: []string{"net/http"}},
	{pkg: "gateway/id"},
	{pkg: "gateway/mailbox", may: []string{"std", "rtmwasm/core/wire", "rtmwasm/gateway/id", "rtmwasm/gateway/retry"},
		deep: []string{"rtmwasm/gateway", "github.com/nats-io/nats.go", "net/http"}},
	{pkg: "gateway/once", may: []string{"std", "rtmwasm/gateway/id"}, deep: []string{"net/http"}},
	{pkg: "gateway/presence", may: []string{"std", "rtmwasm/core", "rtmwasm/core/wire", "rtmwasm/gateway/clock", "rtmwasm/gateway/id", "rtmwasm/gateway/retry"},
		deep: []string{"rtmwasm/gateway", "github.com/nats-io/nats.go", "net/http"}},
	{pkg: "gateway/rate", may: []string{"std", "rtmwasm/core"}, deep: []string{"net/http"}},
	{pkg: "gateway/session", may: []string{"std", "rtmwasm/gateway/tracing", "go.opentelemetry.io/otel/...", "rtmwasm/core", "rtmwasm/core/wire", "rtmwasm/gateway/background", "rtmwasm/gateway/channel", "rtmwasm/gateway/clock", "rtmwasm/gateway/event", "rtmwasm/gateway/history", "rtmwasm/gateway/id", "rtmwasm/gateway/mailbox", "rtmwasm/gateway/media", "rtmwasm/gateway/mediaurl", "rtmwasm/gateway/once", "rtmwasm/gateway/presence", "rtmwasm/gateway/rate", "rtmwasm/gateway/retry"},
		not: []string{"net/http"}, deep: []string{"rtmwasm/gateway", "github.com/coder/websocket", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/socket", may: []string{"std", "rtmwasm/core", "rtmwasm/gateway/rate", "rtmwasm/gateway/session", "github.com/coder/websocket"},
		deep: []string{"rtmwasm/gateway", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/retry", may: []string{"std"}, deep: []string{"net/http"}},
	{pkg: "gateway/scan", may: []string{"std", "rtmwasm/gateway/tracing", "rtmwasm/core", "rtmwasm/gateway/content", "rtmwasm/gateway/media", "rtmwasm/gateway/signature"},
		deep: []string{"rtmwasm/gateway", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/signature", may: []string{"std"}},
	{pkg: "gateway/token", may: []string{"std"}, deep: []string{"net/http"}},
	{pkg: "gateway/mediaurl", may: []string{"std", "rtmwasm/core"}, deep: []string{"net/http"}},
	{pkg: "gateway/media", may: []string{"std", "rtmwasm/core", "rtmwasm/core/imagesize", "rtmwasm/gateway/content", "rtmwasm/gateway/mediaurl", "github.com/tus/tusd/v2/pkg/handler", "golang.org/x/exp/slog"},
		deep: []string{"rtmwasm/gateway", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/mediastore", may: []string{"std", "rtmwasm/core", "rtmwasm/gateway/media"},
		deep: []string{"rtmwasm/gateway", "rtmwasm/gateway/natsengine", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/mediastore/folder", may: []string{"std", "rtmwasm/core", "rtmwasm/gateway/diskspace", "rtmwasm/gateway/media", "rtmwasm/gateway/mediastore"},
		deep: []string{"rtmwasm/gateway", "rtmwasm/gateway/natsengine", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/mediastore/bucket", may: []string{"std", "rtmwasm/gateway/tracing", "rtmwasm/gateway/diskspace", "rtmwasm/gateway/media", "rtmwasm/gateway/mediastore", "rtmwasm/gateway/retry", "github.com/aws/...", "github.com/hashicorp/golang-lru/v2"},
		deep: []string{"rtmwasm/gateway", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/mediastore/storetest", may: []string{"std", "rtmwasm/gateway/mediastore", "rtmwasm/gateway/mediastore/folder", "github.com/stretchr/testify/..."}},
	{pkg: "gateway/metrics", may: []string{"std", "rtmwasm/gateway/tracing", "rtmwasm/core/wire", "rtmwasm/gateway", "rtmwasm/gateway/diskspace", "rtmwasm/gateway/media", "rtmwasm/gateway/rest", "rtmwasm/gateway/scan", "rtmwasm/gateway/session", "rtmwasm/gateway/webhook", "github.com/prometheus/client_golang/..."},
		deep: []string{"github.com/nats-io/nats.go"}},
	{pkg: "gateway/rest", may: []string{"std", "rtmwasm/gateway/tracing", "rtmwasm/core", "rtmwasm/core/imagesize", "rtmwasm/core/wire", "rtmwasm/gateway/channel", "rtmwasm/gateway/event", "rtmwasm/gateway/history", "rtmwasm/gateway/id", "rtmwasm/gateway/mailbox", "rtmwasm/gateway/media", "rtmwasm/gateway/mediaurl", "rtmwasm/gateway/presence", "rtmwasm/gateway/session", "rtmwasm/gateway/token", "golang.org/x/time/rate"},
		deep: []string{"rtmwasm/gateway", "rtmwasm/gateway/natsengine", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/natsengine", may: []string{"std", "rtmwasm/gateway/tracing", "go.opentelemetry.io/otel/trace", "rtmwasm/core", "rtmwasm/gateway/background", "rtmwasm/gateway/channel", "rtmwasm/gateway/diskspace", "rtmwasm/gateway/event", "rtmwasm/gateway/history", "rtmwasm/gateway/id", "rtmwasm/gateway/mailbox", "rtmwasm/gateway/media", "rtmwasm/gateway/mediastore", "rtmwasm/gateway/mediaurl", "rtmwasm/gateway/once", "rtmwasm/gateway/presence", "rtmwasm/gateway/retry", "rtmwasm/gateway/session", "rtmwasm/gateway/webhook", "github.com/nats-io/..."},
		deep: []string{"rtmwasm/gateway", "rtmwasm/native", "rtmwasm/jsbridge"}},
	{pkg: "gateway/cmd/rtm-gateway", may: []string{"std", "go.opentelemetry.io/otel/trace", "rtmwasm/core", "rtmwasm/gateway/...", "rtmwasm/gateway", "rtmwasm/version", "rtmwasm/web", "rtmwasm/core/wire", "github.com/coder/websocket", "github.com/peterbourgon/ff/v3", "golang.org/x/sys/unix"},
		deep: []string{"rtmwasm/native", "rtmwasm/jsbridge", "github.com/stretchr/testify/require"}},
	{pkg: "gateway/webhook", may: []string{"std", "rtmwasm/gateway/tracing", "go.opentelemetry.io/otel/trace", "rtmwasm/core/wire", "rtmwasm/gateway/event", "rtmwasm/gateway/retry", "rtmwasm/gateway/signature"},
		deep: []string{"rtmwasm/gateway", "rtmwasm/gateway/session", "rtmwasm/gateway/natsengine", "github.com/nats-io/nats.go"}},
	{pkg: "gateway/tracing", may: []string{"std", "go.opentelemetry.io/otel/..."}, deep: []string{"rtmwasm/gateway", "go.opentelemetry.io/otel/sdk/trace", "google.golang.org/grpc"}},
	{pkg: "gateway/tracing/otlp", may: []string{"std", "rtmwasm/gateway/signature", "rtmwasm/gateway/tracing", "github.com/go-logr/logr", "go.opentelemetry.io/otel", "go.opentelemetry.io/otel/...", "golang.org/x/time/rate"}, deep: []string{"rtmwasm/gateway"}},
	{pkg: "docs-site/godoc", may: []string{"std"}},
	{pkg: "version", may: []string{"std"}},
	{pkg: "web", may: []string{"std"}},

	{pkg: "examples/go-bot", may: []string{"std", "rtmwasm/core", "rtmwasm/core/wire", "rtmwasm/native"}, deep: []string{"rtmwasm/gateway"}},
	{pkg: "examples/webhook", may: []string{"std"}},
}

// packageInfo is what go list tells of a package.
type packageInfo struct {
	ImportPath string
	Dir        string
	Standard   bool
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// list runs go list over the module, with all that it depends on.
func list(t *testing.T, js bool) map[string]*packageInfo {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Standard,GoFiles,Imports,Deps", "rtmwasm/...")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if js {
		cmd.Args = append(cmd.Args[:len(cmd.Args)-1], "rtmwasm/core/...", "rtmwasm/jsbridge/...", "rtmwasm/wasm/...")
		cmd.Env = append(cmd.Env, "GOOS=js", "GOARCH=wasm")
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	packages := map[string]*packageInfo{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p packageInfo
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else {
			require.NoError(t, err)
		}
		packages[p.ImportPath] = &p
		if strings.HasPrefix(p.ImportPath, "rtmwasm/") {
			lookAt(t, &p)
		}
	}
}

// lookAt makes go test see what the result depends on, or it would show an old one from
// its cache.
func lookAt(t *testing.T, p *packageInfo) {
	t.Helper()
	for _, file := range append(p.GoFiles, ".") {
		_, err := os.Stat(filepath.Join(p.Dir, file))
		require.NoError(t, err)
	}
}

// allowed reports whether one of the patterns names path.
func allowed(patterns []string, path string, packages map[string]*packageInfo) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		folder, below := strings.CutSuffix(pattern, "/...")
		return pattern == path || below && strings.HasPrefix(path, folder+"/") || pattern == "std" && isStandard(path, packages)
	})
}

// isStandard also takes the names that only the compiler knows.
func isStandard(path string, packages map[string]*packageInfo) bool {
	p := packages[path]
	return path == "unsafe" || path == "C" || p != nil && p.Standard
}

func TestArrows(t *testing.T) {
	t.Parallel()
	byPlatform := map[bool]map[string]*packageInfo{false: list(t, false), true: list(t, true)}
	for _, r := range rules {
		name := r.pkg
		if r.js {
			name += " in the browser"
		}
		t.Run(name, func(t *testing.T) {
			packages := byPlatform[r.js]
			p := packages["rtmwasm/"+r.pkg]
			require.NotNil(t, p, "the rule names a package that is not there")
			for _, path := range p.Imports {
				assert.True(t, allowed(r.may, path, packages), "%s must not import %s", r.pkg, path)
				assert.NotContains(t, r.not, path, "%s must not import %s", r.pkg, path)
			}
			for _, path := range r.deep {
				assert.NotContains(t, p.Deps, path, "%s must not bring %s, not even through others", r.pkg, path)
			}
		})
	}
	t.Run("every package has a rule", func(t *testing.T) {
		for _, packages := range byPlatform {
			for path := range packages {
				pkg, ours := strings.CutPrefix(path, "rtmwasm/")
				ours = ours && pkg != "tests" && !strings.HasPrefix(pkg, "tests/")
				assert.True(t, !ours || slices.ContainsFunc(rules, func(r rule) bool { return r.pkg == pkg }), "no rule for %s", path)
			}
		}
	})
	t.Run("one importer", func(t *testing.T) {
		for path, only := range map[string]string{"github.com/hack-pad/safejs": "rtmwasm/jsbridge", "syscall/js": ""} {
			for _, p := range byPlatform[true] {
				if strings.HasPrefix(p.ImportPath, "rtmwasm/") && p.ImportPath != only {
					assert.NotContains(t, p.Imports, path, "%s must not import %s", p.ImportPath, path)
				}
			}
		}
		require.Contains(t, byPlatform[true]["rtmwasm/jsbridge"].Imports, "github.com/hack-pad/safejs")
	})
}
