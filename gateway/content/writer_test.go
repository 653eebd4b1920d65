package content

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipeListener accepts one connection.
type pipeListener struct {
	conn   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// ask requests content over a connection without any buffer, so that what the client takes is
// what the server has written.
func ask(t *testing.T, content []byte, stall time.Duration) io.Reader {
	return askAs(t, func(conn net.Conn) net.Conn { return conn }, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		Serve(NewWriter(w, stall), r, content)
	})
}

// askAs requests what a handler serves.
func askAs(t *testing.T, wrap func(net.Conn) net.Conn, serve http.HandlerFunc) io.Reader {
	server := &http.Server{Handler: serve}
	client, conn := net.Pipe()
	l := &pipeListener{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.conn <- wrap(conn)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
		<-done
	})
	_, err := io.WriteString(client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReaderSize(client, 16), nil)
	require.NoError(t, err)
	return response.Body
}

// A client on a very slow line gets all, however long it takes: here 320 bytes a second of an
// answer as large as the wasm, with a stall time of a minute.
func TestSlowClientsGetAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := bytes.Repeat([]byte("0123456789abcdef"), 600<<10/16)
		body, start := ask(t, content, time.Minute), time.Now()
		var got bytes.Buffer
		for b := make([]byte, 640); got.Len() < len(content); time.Sleep(2 * time.Second) {
			n, err := io.ReadFull(body, b)
			require.NoError(t, err, "after %d bytes and %v", got.Len(), time.Since(start))
			got.Write(b[:n])
		}
		assert.True(t, bytes.Equal(content, got.Bytes()))
	})
}

// A client that takes nothing for the stall time is cut off.
func TestClientsThatTakeNothingAreCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := make([]byte, 1<<20)
		body := ask(t, content, time.Minute)
		_, err := io.ReadFull(body, make([]byte, 100_000))
		require.NoError(t, err)
		time.Sleep(time.Minute + time.Second)
		rest, err := io.ReadAll(body)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		assert.Less(t, len(rest), len(content)/2)
	})
}

// sender is a connection that a system sends files on, as it does on one of TCP: it takes what
// the client takes, and reads no more of the file than that.
type sender struct {
	net.Conn
	largest *int64
}

func (s sender) ReadFrom(src io.Reader) (n int64, err error) {
	limited := src.(*io.LimitedReader)
	*s.largest = max(*s.largest, limited.N)
	for limited.N > 0 && err == nil {
		var m int
		b := make([]byte, min(limited.N, 1000))
		if m, err = limited.R.(*os.File).Read(b); err == nil {
			var wrote int
			wrote, err = s.Conn.Write(b[:m])
			_, _ = limited.R.(*os.File).Seek(int64(wrote-m), io.SeekCurrent)
			limited.N, n = limited.N-int64(wrote), n+int64(wrote)
		}
	}
	return n, err
}

// askFile requests a file over a connection that files are sent on.
func askFile(t *testing.T, content []byte, stall time.Duration, largest *int64) io.Reader {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return askAs(t, func(conn net.Conn) net.Conn { return sender{conn, largest} }, func(w http.ResponseWriter, _ *http.Request) {
		file, err := os.Open(path)
		if !assert.NoError(t, err) {
			return
		}
		defer file.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, err = io.Copy(NewWriter(w, stall), &io.LimitedReader{R: file, N: int64(len(content))})
		if err != nil {
			panic(http.ErrAbortHandler)
		}
	})
}

// The rules are the same for files, which are sent in larger pieces: the client that was fast
// and becomes slow gets all.
func TestFilesAreSentToSlowClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content, largest := make([]byte, 8<<20), int64(0)
		for i := range content {
			content[i] = byte(i * i >> 8)
		}
		body, got := askFile(t, content, time.Minute, &largest), make([]byte, len(content))
		_, err := io.ReadFull(body, got[:6<<20])
		require.NoError(t, err)
		for n := 6 << 20; n < len(got); time.Sleep(20 * time.Second) {
			end := min(n+10_000, len(got))
			_, err := io.ReadFull(body, got[n:end])
			require.NoError(t, err, n)
			n = end
		}
		assert.True(t, bytes.Equal(content, got))
		assert.EqualValues(t, maxPieceBytes, largest)
	})
}

// Nor does a file make the gateway wait for those who take nothing, or next to nothing.
func TestFilesAreNotSentToClientsThatTakeNothing(t *testing.T) {
	for name, bytesPerMinute := range map[string]int{"nothing": 0, "too little": pieceBytes / 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				content, largest := make([]byte, 8<<20), int64(0)
				body := askFile(t, content, time.Minute, &largest)
				_, err := io.ReadFull(body, make([]byte, 4<<20))
				require.NoError(t, err)
				for range 8 {
					time.Sleep(time.Minute + time.Second)
					if _, err = io.ReadFull(body, make([]byte, bytesPerMinute)); err != nil {
						break
					}
				}
				if err == nil {
					_, err = io.ReadAll(body)
				}
				assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
			})
		})
	}
}
