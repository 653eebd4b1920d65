// Package s3 runs an S3 server for tests: versitygw, as tests/s3server requires it, on a folder
// and as a process of its own that can be killed and started again.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rtmwasm/tests/cluster"
)

// What a Server accepts.
const (
	AccessKey = "tester"
	SecretKey = "a-secret-for-tests"
	Region    = "us-east-1"
)

// Server is an S3 server.
type Server struct {
	URL string // http, and the bucket is a part of the path
	Dir string // buckets are folders in it

	program, address string
	users            string // folder
	process          *exec.Cmd
	ended            chan struct{} // closed when process is over
}

// Run runs a server with an empty bucket for the time of a test. SetEnvironment gives the test the
// credentials.
func Run(t testing.TB, bucket string) *Server {
	t.Helper()
	s, err := New(t.Context(), t.TempDir())
	require.NoError(t, err)
	require.NoError(t, s.MakeBucket(bucket))
	require.NoError(t, s.Start())
	t.Cleanup(s.Kill)
	return s
}

// SetEnvironment gives a test the credentials for a server.
func SetEnvironment(t testing.TB) {
	for _, v := range Environment() {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
}

// Environment is what a program that uses the server needs in its environment.
func Environment() []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + AccessKey, "AWS_SECRET_ACCESS_KEY=" + SecretKey, "AWS_SESSION_TOKEN=", "AWS_PROFILE=",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
	}
}

// Build compiles the server, unless that was done before, and returns where it is.
func Build(ctx context.Context) (program string, err error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	build := exec.CommandContext(ctx, "go", "tool", "-n", "versitygw")
	build.Dir, build.Env = filepath.Join(root, "tests", "s3server"), append(os.Environ(), "GOFLAGS=-trimpath", "CGO_ENABLED=0")
	var complaints bytes.Buffer
	build.Stderr = &complaints
	out, err := build.Output()
	if err != nil {
		return "", fmt.Errorf("s3: build versitygw in tests/s3server: %w\n%s", err, &complaints)
	}
	return strings.TrimSpace(string(out)), nil
}

// moduleRoot is the folder of this repository, if the program runs in it.
func moduleRoot() (string, error) {
	file, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("s3: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(file))), nil
}

// New is a server that has what it stores in dir and does not run yet.
func New(ctx context.Context, dir string) (*Server, error) {
	program, err := Build(ctx)
	if err != nil {
		return nil, err
	}
	ports, err := cluster.FreePorts(1)
	if err != nil {
		return nil, err
	}
	address := fmt.Sprint("127.0.0.1:", ports[0])
	s := &Server{URL: "http://" + address, Dir: filepath.Join(dir, "buckets"), program: program, address: address, users: filepath.Join(dir, "users")}
	return s, errors.Join(os.MkdirAll(s.Dir, 0o755), os.MkdirAll(s.users, 0o755))
}

// MakeBucket makes an empty bucket, also of one that has objects.
func (s *Server) MakeBucket(name string) error {
	dir := filepath.Join(s.Dir, name)
	return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o755))
}

// startTime bounds the start of a server.
const startTime = time.Minute

// Start starts the server, also after Kill, and returns when it takes connections.
func (s *Server) Start() error {
	var output bytes.Buffer
	s.process = exec.Command(s.program, "--port", s.address, "--region", Region, "--keep-alive", "--quiet", "--iam-dir", s.users, "posix", s.Dir)
	s.process.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+AccessKey, "ROOT_SECRET_KEY="+SecretKey)
	s.process.Stdout, s.process.Stderr = &output, &output
	if err := s.process.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func(ended chan struct{}) {
		_ = s.process.Wait()
		close(ended)
	}(s.ended)
	for deadline := time.Now().Add(startTime); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", s.address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-s.ended:
			return fmt.Errorf("s3: versitygw ended: %s", &output)
		default:
		}
		if time.Now().After(deadline) {
			s.Kill()
			return errors.New("s3: versitygw does not take connections")
		}
	}
}

// Kill ends the server as a crash would. What it has stored is there when it is started again.
func (s *Server) Kill() {
	if s.ended != nil {
		_ = s.process.Process.Kill() // it may have ended
		<-s.ended
	}
}

// Objects lists the keys of a bucket's objects.
func (s *Server) Objects(bucket string) (keys []string, err error) {
	root := filepath.Join(s.Dir, bucket)
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && strings.HasPrefix(entry.Name(), ".sgwtmp") { // the server's own
			return filepath.SkipDir
		}
		if err == nil && entry.Type().IsRegular() {
			keys = append(keys, strings.TrimPrefix(path, root+"/"))
		}
		return err
	})
	return keys, err
}

// Age makes all objects in whose keys there is some text older.
func (s *Server) Age(bucket, text string, by time.Duration) error {
	keys, err := s.Objects(bucket)
	for _, key := range keys {
		if strings.Contains(key, text) {
			at := time.Now().Add(-by)
			err = errors.Join(err, os.Chtimes(filepath.Join(s.Dir, bucket, key), at, at))
		}
	}
	return err
}
