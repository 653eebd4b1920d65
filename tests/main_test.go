package tests

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/tests/cluster"
	"rtmwasm/tests/s3"
)

// builds is the folder of the programs that tests run.
var builds string

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	// A test that runs in parallel with others can't set variables of its own.
	for _, v := range s3.Environment() {
		name, value, _ := strings.Cut(v, "=")
		_ = os.Setenv(name, value)
	}
	var err error
	if builds, err = os.MkdirTemp("", "rtm-tests"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(builds)
	return m.Run()
}

// The builds don't belong to the test that asks first: its end must not stop them.
var (
	gatewayBuild = sync.OnceValues(func() (string, error) { return goBuild("rtm-gateway", "rtmwasm/gateway/cmd/rtm-gateway") })
	natsBuild    = sync.OnceValues(func() (string, error) { return cluster.Build(context.Background(), builds) })
	hookBuild    = sync.OnceValues(func() (string, error) { return goBuild("receiver", "rtmwasm/examples/webhook") })
)

// goBuild builds as make does: so both need one compilation.
func goBuild(name, pkg string) (program string, err error) {
	program = filepath.Join(builds, name)
	build := exec.Command("go", "build", "-trimpath", "-o", program, pkg)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	return program, err
}

// buildGateway builds the gateway once for all tests and returns the program's path.
func buildGateway(t testing.TB) (program string) {
	t.Helper()
	program, err := gatewayBuild()
	require.NoError(t, err)
	return program
}

// buildNATS builds nats-server once for all tests and returns the program's path.
func buildNATS(t testing.TB) (program string) {
	t.Helper()
	program, err := natsBuild()
	require.NoError(t, err)
	return program
}
