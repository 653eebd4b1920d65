package tests

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rtmwasm/tests/s3"
)

// sitePort is where Caddy listens: the port 80 of the file is root's.
const sitePort = "8081"

// loadCompose reads a file as docker compose does, and checks it as "docker compose config" does.
func loadCompose(t *testing.T, file string, variables ...string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{file}, cli.WithEnv(variables))
	require.NoError(t, err)
	return options.LoadProject(t.Context())
}

// One gateway starts by its file, and is refused without an app.
func TestCompose(t *testing.T) {
	t.Parallel()
	if inOwnNetwork(t) {
		return
	}
	const file = "../deploy/compose.yaml"
	_, err := loadCompose(t, file)
	require.ErrorContains(t, err, "APPID:CERTIFICATE of your app")
	project, err := loadCompose(t, file, "RTM_APP="+pageApp+":"+pageCertificate)
	require.NoError(t, err)
	c := startContainers(t, project)
	usesGateway(t, "http://"+c.address["gateway"]+":8080")
	status, _ := (&service{t: t, url: "http://" + c.address["gateway"] + ":9100"}).get("/metrics")
	assert.Equal(t, 200, status)
}

// All that the file of the cluster starts comes up in its order, and a picture passes through Caddy.
func TestComposeCluster(t *testing.T) {
	t.Parallel()
	if inOwnNetwork(t) {
		return
	}
	const file = "../deploy/compose.cluster.yaml"
	variables := []string{"RTM_APP=" + pageApp + ":" + pageCertificate, "NATS_PASSWORD=p4ssword-of-nats", "S3_SECRET=secret-of-s3", "SITE=http://:" + sitePort}
	for i := range 3 { // each is needed
		_, err := loadCompose(t, file, append(append([]string{}, variables[:i]...), variables[i+1:]...)...)
		require.Error(t, err, variables[i])
	}
	project, err := loadCompose(t, file, variables...)
	require.NoError(t, err)
	c := startContainers(t, project)
	assert.Less(t, c.started["nats3"], c.started["gateway1"])
	assert.Less(t, c.started["gateway2"], c.started["caddy"])
	alice, content, id := usesGateway(t, "http://"+c.address["caddy"]+":"+sitePort)
	objects, err := filepath.Glob(filepath.Join(c.dir, "s3", "data", "rtm-media", "files", "*", "*", "*"))
	require.NoError(t, err)
	assert.NotEmpty(t, objects, "media is in the bucket")

	// Either gateway may be lost, and one of the NATS servers.
	for _, name := range []string{"nats2", "gateway1"} {
		require.NoError(t, c.process[name].Process.Kill())
	}
	alice.connected(t)
	assert.Equal(t, content, alice.fetch(t, id))
}

// usesGateway has two users log in and one send the other a picture.
func usesGateway(t *testing.T, url string) (alice *member, content []byte, id string) {
	t.Helper()
	alice, bob := pageLogin(t, url, "alice"), pageLogin(t, url, "bob")
	content = randomFile(3 << 20)
	id = alice.store(t, content)
	alice.says(t, "bob", id)
	require.Equal(t, "alice: "+id, next(t, bob.texts))
	assert.Equal(t, content, bob.fetch(t, id))
	return alice, content, id
}

// containers are the services of a compose file as processes on this machine: each has an
// address of its own in place of its name, and a folder in place of its file system.
type containers struct {
	t       *testing.T
	dir     string
	project *types.Project
	program map[string]string // by image
	address map[string]string // by service
	process map[string]*exec.Cmd
	started map[string]int // the place in the order
}

func startContainers(t *testing.T, project *types.Project) *containers {
	t.Helper()
	c := &containers{t: t, dir: t.TempDir(), project: project, address: map[string]string{}, process: map[string]*exec.Cmd{}, started: map[string]int{}}
	c.program = map[string]string{"rtm-gateway": buildGateway(t)}
	if _, cluster := project.Services["caddy"]; cluster {
		c.buildOthers()
	}
	for _, name := range project.ServiceNames() {
		c.address[name] = fmt.Sprintf("127.0.17.%d", len(c.address)+1)
	}
	require.NoError(t, project.ForEachService(nil, func(_ string, service *types.ServiceConfig) error {
		for name, dependency := range service.DependsOn {
			require.Equal(t, types.ServiceConditionHealthy, dependency.Condition)
			c.awaitHealth(name)
		}
		c.start(service)
		return nil
	}))
	for name := range project.Services { // as --wait does
		c.awaitHealth(name)
	}
	return c
}

func (c *containers) buildOthers() {
	c.t.Helper()
	nats := buildNATS(c.t)
	versity, err := s3.Build(c.t.Context())
	require.NoError(c.t, err)
	c.program["nats"], c.program["versity/versitygw"], c.program["caddy"] = nats, versity, unpackedTool(c.t, "caddy")
}

// here is a text of a service as it has to be on this machine: what stands for the service itself
// is its address, and paths are below its folder.
func (c *containers) here(service *types.ServiceConfig, text string) string {
	own := c.address[service.Name]
	text = regexp.MustCompile(`\b(0\.0\.0\.0|127\.0\.0\.1)\b`).ReplaceAllString(text, own)
	text = regexp.MustCompile(`(^|//)(:\d+)$`).ReplaceAllString(text, "${1}"+own+"$2")
	for name, address := range c.address {
		text = regexp.MustCompile(`\b`+name+`:(\d)`).ReplaceAllString(text, address+":$1")
	}
	for _, v := range service.Volumes {
		text = strings.ReplaceAll(text, v.Target, c.path(service, v.Target))
		if parent := filepath.Dir(v.Target); strings.HasSuffix(text, parent) { // a folder of mounts
			text = strings.TrimSuffix(text, parent) + c.path(service, parent)
		}
	}
	return text
}

func (c *containers) path(service *types.ServiceConfig, path string) string {
	return filepath.Join(c.dir, service.Name, path)
}

// start runs the command of a service as an engine would run it in a container.
func (c *containers) start(service *types.ServiceConfig) {
	c.t.Helper()
	for _, v := range service.Volumes {
		target := c.path(service, v.Target)
		if v.Type == types.VolumeTypeVolume {
			require.NoError(c.t, os.MkdirAll(target, 0o700))
			continue
		}
		require.NoError(c.t, os.MkdirAll(filepath.Dir(target), 0o700))
		require.NoError(c.t, os.WriteFile(target, []byte(c.inFile(service, readFile(c.t, v.Source))), 0o600))
	}
	image, _, _ := strings.Cut(service.Image, ":")
	require.Contains(c.t, c.program, image)
	var args []string
	for i, word := range service.Command {
		if i > 0 || word != filepath.Base(c.program[image]) { // an image without an entry point
			args = append(args, c.here(service, word))
		}
	}
	cmd := exec.Command(c.program[image], args...)
	cmd.Env = []string{"HOME=" + c.path(service, "/data"), "XDG_DATA_HOME=" + c.path(service, "/data"), "PATH=" + os.Getenv("PATH")}
	if image == "rtm-gateway" {
		settings := regexp.MustCompile(`(?m)^ENV (.*)$`).FindStringSubmatch(readFile(c.t, "../deploy/Containerfile"))
		for _, v := range strings.Fields(settings[1]) {
			name, value, _ := strings.Cut(v, "=")
			cmd.Env = append(cmd.Env, name+"="+c.here(service, value))
		}
		cmd.Dir = c.path(service, "/var/lib/rtm")
	}
	for name, value := range service.Environment {
		cmd.Env = append(cmd.Env, name+"="+c.here(service, *value))
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(c.t, cmd.Start())
	c.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if c.t.Failed() {
			c.t.Logf("%s: %s", service.Name, &log)
		}
	})
	c.process[service.Name], c.started[service.Name] = cmd, len(c.started)
}

// inFile is here for a file of several lines.
func (c *containers) inFile(service *types.ServiceConfig, text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = c.here(service, lines[i])
	}
	return strings.Join(lines, "\n")
}

// awaitHealth runs the health check of a service until it passes. A service without one has to take
// connections.
func (c *containers) awaitHealth(name string) {
	c.t.Helper()
	service := new(c.project.Services[name])
	check := func() error {
		connection, err := net.Dial("tcp", net.JoinHostPort(c.address[name], sitePort))
		if err == nil {
			_ = connection.Close()
		}
		return err
	}
	if own := service.HealthCheck; own != nil {
		require.Equal(c.t, "CMD", own.Test[0])
		program, known := c.program[filepath.Base(own.Test[1])]
		if !known {
			program = own.Test[1]
		}
		var args []string
		for _, word := range own.Test[2:] {
			args = append(args, c.here(service, word))
		}
		check = func() error {
			cmd := exec.Command(program, args...)
			cmd.Env = c.process[name].Env
			return cmd.Run()
		}
	}
	require.Eventually(c.t, func() bool { return check() == nil }, waitLimit, 100*time.Millisecond, "%s does not become healthy", name)
}
