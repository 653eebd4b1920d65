package tests

import (
	"encoding/json"
	"fmt"
	"net/http"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unpackedTool finds a program in PATH or where scripts/unpack-tools.sh puts it. Where it is
// missing the test is skipped. In CI it fails, except for Helm where the script has none to unpack.
func unpackedTool(t *testing.T, name string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err == nil {
		return program
	}
	program, err = filepath.Abs(filepath.Join(".build", "tools", "usr", "bin", name))
	require.NoError(t, err)
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") != "" && (name != "helm" || runtime.GOOS+"/"+runtime.GOARCH == "linux/amd64") {
			require.FailNow(t, name+" is not installed: scripts/unpack-tools.sh gets it")
		}
		t.Skip(name + " is not installed: install it to run this test")
	}
	return program
}

// prometheus is a Prometheus with the configuration of deploy/prometheus, in a hurry.
type prometheus struct {
	t   *testing.T
	url string
}

// hurried is a file of deploy/prometheus in which nothing waits for minutes. The windows over
// which rules look stay as they are. A gateway whose NATS stands still takes 3 s for its metrics,
// and Prometheus waits for them for one interval at most.
func hurried(t *testing.T, name string) string {
	text := readFile(t, filepath.Join("..", "deploy", "prometheus", name))
	text = strings.ReplaceAll(text, "scrape_interval: 15s", "scrape_interval: 5s")
	text = strings.ReplaceAll(text, "evaluation_interval: 15s", "evaluation_interval: 1s")
	return regexp.MustCompile(`(?m)^( +for:) \w+$`).ReplaceAllString(text, "$1 0s")
}

// startPrometheus has it watch gateways by the addresses of their metrics.
func startPrometheus(t *testing.T, gateways []string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	targets, err := json.Marshal(gateways)
	require.NoError(t, err)
	config := strings.Replace(hurried(t, "prometheus.yml"), `["127.0.0.1:9100"]`, string(targets), 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "alerts.yml"), []byte(hurried(t, "alerts.yml")), 0o600))
	address := "127.0.0.1:" + freePort(t)
	cmd := exec.Command(unpackedTool(t, "prometheus"), "--config.file", filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", address)
	cmd.Stderr = t.Output()
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	p := &prometheus{t, "http://" + address}
	require.Eventually(t, func() bool {
		answer, err := http.Get(p.url + "/-/ready")
		if err == nil {
			_ = answer.Body.Close()
		}
		return err == nil && answer.StatusCode == http.StatusOK
	}, waitLimit, 50*time.Millisecond)
	return p
}

// series is one of the results of a query.
type series struct {
	Metric map[string]string
}

// ask calls the API and reads the field data of the answer.
func (p *prometheus) ask(path string, query neturl.Values, data any) {
	p.t.Helper()
	answer, err := http.Get(p.url + "/api/v1/" + path + "?" + query.Encode())
	require.NoError(p.t, err)
	defer answer.Body.Close()
	var body struct {
		Status, Error string
		Data          json.RawMessage
	}
	require.NoError(p.t, json.NewDecoder(answer.Body).Decode(&body))
	require.Equal(p.t, "success", body.Status, "%s: %s", query, body.Error)
	require.NoError(p.t, json.Unmarshal(body.Data, data))
}

func (p *prometheus) query(expression string) []series {
	p.t.Helper()
	var data struct{ Result []series }
	p.ask("query", neturl.Values{"query": {expression}}, &data)
	return data.Result
}

// fired are the alerts about a gateway that have fired until now, those that went out included:
// other gateways may be broken for longer than a rule looks back.
func (p *prometheus) fired(gateway string) (names []string) {
	p.t.Helper()
	for _, a := range p.query(fmt.Sprintf(`count by (alertname) (count_over_time(ALERTS{alertstate="firing",instance=%q}[1d]))`, gateway)) {
		names = append(names, a.Metric["alertname"])
	}
	slices.Sort(names)
	return names
}

// alertRule is a rule of deploy/prometheus/alerts.yml.
type alertRule struct {
	Name, Query string
	Labels      map[string]string
	Annotations map[string]string
}

func (p *prometheus) rules() (all []alertRule) {
	p.t.Helper()
	var data struct {
		Groups []struct{ Rules []alertRule }
	}
	p.ask("rules", nil, &data)
	for _, g := range data.Groups {
		all = append(all, g.Rules...)
	}
	require.NotEmpty(p.t, all)
	return all
}

// metricNames are the metrics in an expression.
func metricNames(expression string) []string {
	return regexp.MustCompile(`\b(rtm|process|go|up)(_[a-z]+)*\b`).FindAllString(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(expression, ""), -1)
}

// checkNames has each metric in the rules and on the dashboard be one that gateways have, and
// each of theirs be on the dashboard.
func (p *prometheus) checkNames(t *testing.T) {
	var there []string
	p.ask("label/__name__/values", nil, &there)
	for _, r := range p.rules() {
		for _, name := range metricNames(r.Query) {
			assert.Contains(t, there, name, r.Name)
		}
	}
	shown := map[string]bool{}
	for title, expressions := range dashboard(t) {
		for _, e := range expressions {
			for _, name := range metricNames(e) {
				shown[strings.TrimSuffix(name, "_bucket")] = true
			}
			assert.NotEmpty(t, p.query(e), "the panel %q stays empty: %s", title, e)
		}
	}
	for _, name := range there {
		if strings.HasPrefix(name, "rtm_") {
			base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count"), "_sum")
			assert.True(t, shown[base] || shown[name], "%s is not on the dashboard", name)
		}
	}
}

// dashboard are the expressions of each panel, with all variables set.
func dashboard(t *testing.T) map[string][]string {
	var file struct {
		Templating struct{ List []struct{ Name string } }
		Panels     []struct {
			Title, Description, Type string
			Targets                  []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(readFile(t, "../deploy/grafana/rtm-gateway.json")), &file))
	known := strings.NewReplacer("$job", "rtm-gateway", "$instance", ".*", "$__rate_interval", "1m")
	panels := map[string][]string{}
	for _, panel := range file.Panels {
		if panel.Type == "row" {
			continue
		}
		assert.NotEmpty(t, panel.Description, panel.Title)
		assert.NotContains(t, panels, panel.Title)
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			e := known.Replace(target.Expr)
			assert.NotContains(t, e, "$")
			panels[panel.Title] = append(panels[panel.Title], e)
		}
	}
	return panels
}

// checkByPromtool: promtool's own checks pass: of the files, and of what a gateway says about its metrics.
func checkByPromtool(t *testing.T, gateway string) {
	promtool := unpackedTool(t, "promtool")
	out, err := exec.Command(promtool, "check", "config", "../deploy/prometheus/prometheus.yml").CombinedOutput() // and the rules
	require.NoError(t, err, string(out))
	answer, err := http.Get("http://" + gateway + "/metrics")
	require.NoError(t, err)
	defer answer.Body.Close()
	check := exec.Command(promtool, "check", "metrics")
	check.Stdin = answer.Body
	out, err = check.CombinedOutput()
	assert.NoError(t, err, string(out))
}

// checkRunbook: the runbook has a section for each alert, in the order of the rules, and for no other; each says what
// the alert means, what to look at and what to do.
func (p *prometheus) checkRunbook(t *testing.T) {
	page := readFile(t, "../docs/runbook.md")
	var alerts, headings []string
	for _, r := range p.rules() {
		alerts = append(alerts, r.Name)
		assert.Equal(t, "docs/runbook.md#"+strings.ToLower(r.Name), r.Annotations["runbook_url"])
		assert.Contains(t, []string{"page", "warn"}, r.Labels["severity"], r.Name)
		assert.NotEmpty(t, r.Annotations["summary"], r.Name)
	}
	for _, section := range strings.Split(page, "\n## ")[1:] {
		name, text, _ := strings.Cut(section, "\n")
		if strings.HasPrefix(name, "Rtm") {
			headings = append(headings, name)
			for _, part := range []string{"**Means:**", "**Look at:**", "**Do:**"} {
				assert.Contains(t, text, part, name)
			}
		}
	}
	assert.Equal(t, alerts, headings)
}
