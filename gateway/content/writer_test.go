package content

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
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
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		Serve(NewWriter(w, stall), r, content)
	})}
	client, conn := net.Pipe()
	l := &pipeListener{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.conn <- conn
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
