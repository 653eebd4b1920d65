package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/gateway/natsengine"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// setting is the value of a line KEY=VALUE of a unit, or KEY VALUE of a file for --config.
func setting(t *testing.T, text, key string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + key + `[= ](\S+)`).FindStringSubmatch(text)
	require.NotNil(t, m, "it does not say %s", key)
	return m[1]
}

// The unit starts the program with flags and a file that it takes, as the user to whom the
// folder belongs, and waits for longer than the gateway takes to end.
func TestUnit(t *testing.T) {
	t.Parallel()
	program := buildGateway(t)
	unit, config := readFile(t, "../deploy/rtm-gateway.service"), readFile(t, "../deploy/gateway.conf")
	out, err := exec.Command(program, "--config", "../deploy/gateway.conf", "--print-config").CombinedOutput()
	require.NoError(t, err, string(out))
	for _, line := range regexp.MustCompile(`(?m)^# ([a-z-]+ \S.*)$`).FindAllStringSubmatch(config, -1) {
		only := filepath.Join(t.TempDir(), "conf")
		text := strings.Replace(line[1], "tls-cert ", "tls-key x\ntls-cert ", 1)
		text = strings.Replace(text, "tls-key /", "tls-cert x\ntls-key /", 1)
		text = strings.Replace(text, "nats nats:", "media x\nnats nats:", 1)
		require.NoError(t, os.WriteFile(only, []byte("apps x\n"+text), 0o600))
		out, err := exec.Command(program, "--config", only, "--print-config").CombinedOutput()
		assert.NoError(t, err, "%s: %s", line[1], out)
	}

	assert.Equal(t, "/usr/local/bin/rtm-gateway", setting(t, unit, "ExecStart"))
	assert.Contains(t, unit, "--config /etc/rtm/gateway.conf\n")
	assert.Equal(t, setting(t, config, "data"), "/var/lib/"+setting(t, unit, "StateDirectory"))
	drain, err := time.ParseDuration(setting(t, config, "drain"))
	require.NoError(t, err)
	stop, err := time.ParseDuration(setting(t, unit, "TimeoutStopSec") + "s")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, stop, 2*drain)
	assert.Equal(t, "on-failure", setting(t, unit, "Restart"))

	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not at hand")
		return
	}
	here := filepath.Join(t.TempDir(), "rtm-gateway.service")
	require.NoError(t, os.WriteFile(here, []byte(strings.ReplaceAll(unit, "/usr/local/bin/rtm-gateway", program)), 0o600))
	out, err = exec.Command(analyze, "verify", here).CombinedOutput()
	assert.NoError(t, err, string(out))
	assert.Empty(t, string(out), "what it does not know it only mentions")
	out, err = exec.Command(analyze, "security", "--offline=true", "--threshold=25", here).CombinedOutput()
	assert.NoError(t, err, string(out))
}

// The container file copies what is there, starts and asks the program as it can be, and
// sets variables that the program has.
func TestContainerfile(t *testing.T) {
	t.Parallel()
	file := readFile(t, "../deploy/Containerfile")
	program := buildGateway(t)
	assert.Contains(t, file, "ARG VERSION=\nRUN CGO_ENABLED=0 make build DOCS=yes VERSION=\"$VERSION\"\n")
	dryRun := exec.Command("make", "--dry-run", "build", "DOCS=yes", "VERSION=v1.2.3-test")
	dryRun.Dir = ".."
	out, err := dryRun.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "npm --prefix docs-site run ", "the documentation is built")
	flags := regexp.MustCompile(`-ldflags "(.*?)"`).FindStringSubmatch(string(out))
	require.NotNil(t, flags, string(out))
	out, err = exec.Command("go", "run", "-trimpath", "-ldflags", flags[1], "rtmwasm/gateway/cmd/rtm-gateway", "--version").CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Contains(t, string(out), "rtm-gateway v1.2.3-test ")

	list := exec.Command("go", "list", "-deps", "rtmwasm/gateway/cmd/rtm-gateway")
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err = list.CombinedOutput()
	require.NoError(t, err, "a package needs C, whose libraries an empty image has not: %s", out)

	goVersion := regexp.MustCompile(`(?m)^go (1\.\d+)`).FindStringSubmatch(readFile(t, "../go.mod"))[1]
	assert.Contains(t, file, "FROM golang:"+goVersion+"-")
	const path = "/usr/local/bin/rtm-gateway"
	assert.Contains(t, file, "COPY --from=build /src/bin/rtm-gateway "+path+"\n")
	assert.Contains(t, file, `ENTRYPOINT ["`+path+`"]`)
	assert.Contains(t, file, `CMD ["`+path+`", "health"]`)
	assert.Regexp(t, `(?m)^USER [1-9]\d*:[1-9]\d*$`, file, "a number: engines tell by it that it is not root")
	_, image, _ := strings.Cut(file, "FROM scratch\n")
	assert.Equal(t, setting(t, image, "WORKDIR"), setting(t, image, "VOLUME"))

	variables := regexp.MustCompile(`RTM_[A-Z_]+=\S+`).FindAllString(file, -1)
	require.NotEmpty(t, variables)
	print := exec.Command(program, "--print-config")
	print.Env = append(os.Environ(), variables...)
	settings, err := print.CombinedOutput()
	require.NoError(t, err, string(settings))
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		flagName := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "RTM_"), "_", "-"))
		assert.Contains(t, string(settings), flagName+" "+value+"  # "+name+"\n")
	}
	drain, err := time.ParseDuration(regexp.MustCompile(`RTM_DRAIN=(\S+)`).FindStringSubmatch(file)[1])
	require.NoError(t, err)
	assert.Less(t, drain, 10*time.Second, "after which an engine kills")
	for _, ignored := range strings.Fields(readFile(t, "../.dockerignore")) {
		assert.NotContains(t, []string{"web", "gateway", "core", "Makefile", "package-lock.json", "go.mod", "*"}, ignored)
	}
}

// The container file has no fault that BuildKit's own check finds, which finds some in another.
func TestContainerfileLint(t *testing.T) {
	t.Parallel()
	lint := func(file string) (string, error) {
		file, err := filepath.Abs(file)
		require.NoError(t, err)
		cmd := exec.Command("go", "-C", "testdata/containerlint", "run", ".", file)
		cmd.Env = append(os.Environ(), "GOFLAGS=-trimpath", "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := lint("../deploy/Containerfile")
	assert.NoError(t, err, out)

	bad := filepath.Join(t.TempDir(), "Containerfile")
	for text, fault := range map[string]string{
		"FROM scratch\nENV RTM_REST_KEY_SECRET=x\n":          "SecretsUsedInArgOrEnv",
		"FROM scratch\nENV RTM_LISTEN=$LISTEN\n":             "UndefinedVar",
		"FROM scratch\nENTRYPOINT /rtm-gateway --drain 8s\n": "JSONArgsRecommended",
		"FROM golang\n": "has no version",
		"FROM scratch\nCOPY --from=buidl /src /\n": "has no version",
		"FROM scratch\nCOPPY . .\n":                "unknown instruction: COPPY",
	} {
		require.NoError(t, os.WriteFile(bad, []byte(text), 0o600))
		out, err := lint(bad)
		assert.Error(t, err, text)
		assert.Contains(t, out, fault, text)
	}
}

// What docs/operating.md says and no test can run names files, flags and variables that
// are there.
func TestOperatingPageNames(t *testing.T) {
	t.Parallel()
	program := buildGateway(t)
	help, err := exec.Command(program, "--help").Output()
	require.NoError(t, err)
	seen := 0
	for _, block := range pageBlocks(t, "../docs/operating.md") {
		if block.run {
			continue
		}
		seen++
		for _, name := range regexp.MustCompile(`\bdeploy/\S+`).FindAllString(block.text, -1) {
			_, err := os.Stat("../" + name)
			assert.NoError(t, err)
		}
		for _, name := range regexp.MustCompile(`-e RTM_[A-Z_]+`).FindAllString(block.text, -1) {
			assert.Contains(t, string(help), "--"+strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "-e RTM_"), "_", "-"))+" ")
		}
		for line := range strings.Lines(block.text) {
			if args, ok := strings.CutPrefix(line, "rtm-gateway "); ok {
				args, _, _ = strings.Cut(args, "#")
				out, err := exec.Command(program, append(strings.Fields(args), "--help")...).CombinedOutput()
				assert.NoError(t, err, "%s: %s", line, out)
			}
		}
	}
	assert.Equal(t, 14, seen)
	streams := regexp.MustCompile(`streams="(.*)"`).FindStringSubmatch(readFile(t, "../docs/operating.md"))
	require.NotNil(t, streams)
	assert.ElementsMatch(t, strings.Fields(streams[1]), lastingStreams(t))
	flags := regexp.MustCompile("`(--[a-z-]+)").FindAllStringSubmatch(readFile(t, "../docs/operating.md"), -1)
	require.NotEmpty(t, flags)
	for _, subcommand := range []string{"streams", "doctor"} {
		own, err := exec.Command(program, subcommand, "--help").Output()
		require.NoError(t, err)
		help = append(help, own...)
	}
	for _, f := range flags {
		assert.Contains(t, string(help), "  "+f[1], "it names a flag that is not there")
	}
}

// lastingStreams are those that a gateway makes on a disk, but for the history of seconds.
func lastingStreams(t *testing.T) (names []string) {
	dir := t.TempDir()
	engine, err := natsengine.Open(t.Context(), natsengine.Options{Dir: dir})
	require.NoError(t, err)
	engine.Close()
	entries, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*"))
	require.NoError(t, err)
	for _, entry := range entries {
		if name := filepath.Base(entry); name != "RTM_HISTORY" {
			names = append(names, name)
		}
	}
	return names
}

// The page tells of each metric, and of none that is not there.
func TestOperatingPageMetrics(t *testing.T) {
	t.Parallel()
	names := func(text string) map[string]bool {
		all := map[string]bool{}
		for _, name := range regexp.MustCompile(`\brtm_[a-z]+(_[a-z]+)*`).FindAllString(text, -1) {
			all[name] = true
		}
		return all
	}
	there := names(readFile(t, "../gateway/metrics/metrics.go") + readFile(t, "../gateway/metrics/state.go"))
	told := names(strings.ReplaceAll(readFile(t, "../docs/operating.md"), "grep ^rtm_", ""))
	assert.Greater(t, len(there), 10)
	assert.Equal(t, there, told)
}
