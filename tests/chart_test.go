package tests

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const chartDir = "../deploy/helm/rtm-gateway"

// chartValues are settings of the chart: the least that one gateway needs, and all that a cluster may have.
var chartValues = map[string]string{
	"one": `
secrets: {RTM_APP: "` + pageApp + ":" + pageCertificate + `"}
settings: {media-max-age: 24h, max-sessions: 50000}
`,
	"cluster": `
nats: true
media: s3://rtm-media?spool=/var/lib/rtm/spool
secrets: {RTM_APP: "` + pageApp + ":" + pageCertificate + `", RTM_NATS: "nats://rtm:secret@n1:4222", OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20x", OTEL_SERVICE_NAME: rtm}
settings: {trace: "http://otel-collector:4318", trace-sample: 0.05}
autoscaling: {enabled: true}
ingress: {enabled: true, host: rtm.example.org, tlsSecret: rtm-tls}
`,
}

// helm runs Helm with values for the chart.
func helm(t *testing.T, values string, args ...string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	require.NoError(t, os.WriteFile(file, []byte(values), 0o600))
	out, err := exec.Command(unpackedTool(t, "helm"), append(args, "--kube-version", "1.33", "--values", file)...).CombinedOutput()
	return string(out), err
}

// renderChart makes the objects for Kubernetes.
func renderChart(t *testing.T, values string) string {
	t.Helper()
	out, err := helm(t, values, "template", "rtm", chartDir)
	require.NoError(t, err, out)
	return out
}

// The chart passes helm's checks, and its schema refuses what would not work.
func TestChartLint(t *testing.T) {
	t.Parallel()
	for name, values := range chartValues {
		out, err := helm(t, values, "lint", "--strict", chartDir)
		assert.NoError(t, err, "%s: %s", name, out)
	}
	for values, wrong := range map[string]string{
		"nats: true\n" + `secrets: {RTM_APP: x, RTM_NATS: "nats://n1"}`: "/media",
		"autoscaling: {enabled: true}\nsecrets: {RTM_APP: x}":           "/autoscaling/enabled",
		"settings: {listen: x}\nsecrets: {RTM_APP: x}":                  "invalid propertyName 'listen'",
		"secrets: {PASSWORD: x}":                                        "invalid propertyName 'PASSWORD'",
		"replica: 3\nsecrets: {RTM_APP: x}":                             "replica",
		"{}":                                                            "secrets.RTM_APP must name an app",
		"nats: true\nmedia: s3://x\nsecrets: {RTM_APP: x}":              "secrets.RTM_NATS must name the NATS servers",
	} {
		out, err := helm(t, values, "template", "rtm", chartDir)
		if assert.Error(t, err, values) {
			assert.Contains(t, out, wrong, values)
		}
	}
}

// manifest is as much of an object for Kubernetes as the test looks at.
type manifest struct {
	Kind string
	Spec struct {
		Replicas       *int
		MaxUnavailable *int `yaml:"maxUnavailable"`
		Template       struct {
			Spec struct {
				Grace      int `yaml:"terminationGracePeriodSeconds"`
				Containers []struct {
					Env       []struct{ Name, Value string }
					Ports     []struct{ Name string }
					Lifecycle struct {
						PreStop struct{ Sleep struct{ Seconds int } } `yaml:"preStop"`
					}
					Liveness  chartProbe `yaml:"livenessProbe"`
					Readiness chartProbe `yaml:"readinessProbe"`
				}
			}
		}
		Metrics []struct {
			Pods struct{ Metric struct{ Name string } }
		}
	}
	StringData map[string]string `yaml:"stringData"`
}

type chartProbe struct {
	Get struct{ Path, Port string } `yaml:"httpGet"`
}

// decodeAll reads the documents of a YAML file.
func decodeAll[T any](t *testing.T, text string) (all []T) {
	t.Helper()
	for documents := yaml.NewDecoder(strings.NewReader(text)); ; {
		var one T
		err := documents.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err, text)
		all = append(all, one)
	}
}

// checkTypes has TypeScript compare objects with the types that are made from the API of
// Kubernetes: every field must exist, have its type, and be there if it is required.
func checkTypes(t *testing.T, objects string) (string, error) {
	t.Helper()
	require.NoError(t, os.MkdirAll(".build", 0o755))
	dir, err := os.MkdirTemp(".build", "chart") // finds node_modules
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	var program strings.Builder
	for _, o := range decodeAll[map[string]any](t, objects) {
		text, err := json.Marshal(o)
		require.NoError(t, err)
		group := strings.Replace(o["apiVersion"].(string), ".k8s.io", "", 1)
		if !strings.Contains(group, "/") {
			group = "core/" + group
		}
		fmt.Fprintf(&program, "(%s) satisfies import(\"kubernetes-types/%s\").%s;\n", text, group, o["kind"])
	}
	file := filepath.Join(dir, "objects.ts")
	require.NoError(t, os.WriteFile(file, []byte(program.String()), 0o600))
	out, err := exec.Command("../node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--ignoreConfig", "--module", "esnext", "--moduleResolution", "bundler", "--types", "", file).CombinedOutput()
	return string(out), err
}

// What the chart makes are objects that Kubernetes knows.
func TestChartTypes(t *testing.T) {
	t.Parallel()
	for name, values := range chartValues {
		out, err := checkTypes(t, renderChart(t, values))
		assert.NoError(t, err, "%s: %s", name, out)
	}
	out, err := checkTypes(t, strings.NewReplacer(
		"livenessProbe:", "livenesProbe:",
		"automountServiceAccountToken: false", "automountServiceAccountToken: never",
	).Replace(renderChart(t, chartValues["one"])))
	require.Error(t, err, "the types are looked at")
	assert.Contains(t, out, `"livenesProbe"' does not exist`)
	assert.Contains(t, out, "not assignable to type 'boolean")
}

// What the chart sets, the program takes; its probes are answered, and it is not killed while
// it drains.
func TestChart(t *testing.T) {
	t.Parallel()
	gateway := buildGateway(t)
	for name, values := range chartValues {
		objects := map[string]manifest{}
		for _, m := range decodeAll[manifest](t, renderChart(t, values)) {
			objects[m.Kind] = m
		}
		set := objects["StatefulSet"].Spec
		require.Len(t, set.Template.Spec.Containers, 1)
		container := set.Template.Spec.Containers[0]
		environment := []string{}
		for key, value := range objects["Secret"].StringData {
			environment = append(environment, key+"="+value)
		}
		for _, v := range container.Env {
			environment = append(environment, v.Name+"="+v.Value)
		}
		check := exec.Command(gateway, "--print-config")
		check.Env = environment
		printed, err := check.CombinedOutput()
		require.NoError(t, err, "%s: %s", name, printed)
		assert.Contains(t, string(printed), "drain 30s  # RTM_DRAIN\n")
		assert.Greater(t, set.Template.Spec.Grace, 30+container.Lifecycle.PreStop.Sleep.Seconds)
		assert.Equal(t, []struct{ Name string }{{"http"}, {"metrics"}}, container.Ports)
		for _, kind := range []string{"Service", "PodDisruptionBudget", "Secret"} {
			assert.Contains(t, objects, kind, name)
		}
		if name == "cluster" {
			assert.Contains(t, objects, "Ingress")
			assert.Equal(t, 1, *objects["PodDisruptionBudget"].Spec.MaxUnavailable)
			assert.Nil(t, set.Replicas, "the autoscaler's matter")
			assert.Equal(t, "rtm_sessions", objects["HorizontalPodAutoscaler"].Spec.Metrics[0].Pods.Metric.Name)
			continue
		}
		assert.Equal(t, 1, *set.Replicas)
		g := serve(t, gateway, "--listen", "127.0.0.1:0", "--data", t.TempDir(), "--app", pageApp)
		for _, p := range []chartProbe{container.Liveness, container.Readiness} {
			status, _ := g.get(p.Get.Path)
			assert.Equal(t, 200, status, p.Get.Path)
			assert.Equal(t, "http", p.Get.Port)
		}
	}
}
