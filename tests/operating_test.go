package tests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// waitLimit bounds each wait for what must happen: a machine ten times as busy is slow, not wrong.
const waitLimit = 5 * time.Minute

// The program as an operator meets it: a process with settings, signals, logs and an exit
// code. All parts share one build.
func TestOperating(t *testing.T) {
	t.Parallel()
	program := buildGateway(t)
	for name, test := range map[string]func(t *testing.T, program string){
		"a full disk":               testFullDisk,
		"metrics of their own":      testMetricsListener,
		"no secrets in the log":     testLogs,
		"drain, and come back":      testDrainAndRestart,
		"drain one of two":          testDrainOfOne,
		"drain cuts what is slow":   testDrainLimit,
		"drain says so first":       testDrainLead,
		"a second signal":           testSecondSignal,
		"certificates change":       testCertificates,
		"a read-only data folder":   testReadOnly,
		"the engine goes and comes": testEngineGone,
		"quotas over two gateways":  testQuotas,
		"strangers who mean harm":   testHostile,
		"many do not read":          testSlowReaders,
		"memory runs short":         testMemory,
		"uploads are scanned":       testScan,
		"a hook scans":              testScanHook,
		"doctor at home":            testDoctor,
		"doctor before a proxy":     testDoctorURL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

// written is what a process has written, to be read while it runs.
type written struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.Write(p)
}

func (w *written) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}

// service is a gateway process whose log is kept.
type service struct {
	*exec.Cmd
	t       *testing.T
	url     string // http://host:port
	metrics string // host:port, if any
	ended   chan struct{}
	log     written
}

var (
	serving    = regexp.MustCompile(`listening"?[ ,].*"?url"?[=:]"?(https?://[^\s"]+)`)
	showsStats = regexp.MustCompile(`metrics"?[ ,].*"?address"?[=:]"?([0-9.:]+)`)
)

// serve starts the gateway and waits until it listens.
func serve(t *testing.T, program string, args ...string) *service {
	t.Helper()
	s := &service{Cmd: exec.Command(program, args...), t: t, ended: make(chan struct{})}
	stderr, err := s.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, s.Start())
	listens := make(chan struct{})
	go func() {
		defer close(s.ended)
		s.read(stderr, listens)
		_ = s.Wait()
	}()
	t.Cleanup(func() {
		_ = s.Process.Kill()
		<-s.ended
		if t.Failed() {
			t.Log(s.text())
		}
	})
	select {
	case <-listens:
	case <-s.ended:
		require.FailNow(t, "the gateway did not start")
	}
	return s
}

func (s *service) read(from io.Reader, listens chan struct{}) {
	for lines := bufio.NewScanner(from); lines.Scan(); {
		_, _ = io.WriteString(&s.log, lines.Text()+"\n") // never fails
		if m := showsStats.FindStringSubmatch(lines.Text()); m != nil {
			s.metrics = m[1]
		}
		if m := serving.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
			close(listens)
		}
	}
}

func (s *service) text() string { return s.log.text() }

func (s *service) addr() string { return strings.TrimPrefix(s.url, "http://") }

func (s *service) signal(sig syscall.Signal) { require.NoError(s.t, s.Process.Signal(sig)) }

// exit waits for the end and returns the exit code; -1 when a signal ended it.
func (s *service) exit() int {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(waitLimit):
		require.FailNow(s.t, "the gateway does not end")
	}
	return s.ProcessState.ExitCode()
}

// get returns the status and body of an address of the gateway.
func (s *service) get(path string) (status int, body string) {
	s.t.Helper()
	answer, err := http.Get(s.url + path)
	require.NoError(s.t, err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	require.NoError(s.t, err)
	return answer.StatusCode, string(b)
}

// notReady asks /readyz and returns the errors of the checks that fail, by name.
func (s *service) notReady() map[string]string {
	s.t.Helper()
	status, body := s.get("/readyz")
	var answer struct {
		Ready  bool
		Checks []struct{ Name, Error string }
	}
	require.NoError(s.t, json.Unmarshal([]byte(body), &answer))
	assert.Equal(s.t, status == 200, answer.Ready)
	failing := map[string]string{}
	for _, c := range answer.Checks {
		if c.Error != "" {
			failing[c.Name] = c.Error
		}
	}
	assert.Equal(s.t, answer.Ready, len(failing) == 0)
	return failing
}
