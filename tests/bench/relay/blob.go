package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// blobs is the least that a browser's own transfers can cost: a body that is PUT is read and dropped, and what is
// fetched, of as many bytes as its path says, comes from a file by way of the kernel alone.
type blobs struct {
	mu    sync.Mutex
	files map[int64]*os.File
}

func (b *blobs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	header.Set("Access-Control-Allow-Methods", "GET, PUT")
	header.Set("Access-Control-Max-Age", "86400")
	header.Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodPut:
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r.Body, make([]byte, 256<<10)); err != nil {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		size, err := strconv.ParseInt(r.PathValue("size"), 10, 64)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		file, err := b.open(size)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer file.Close()
		header.Set("Content-Type", "application/octet-stream")
		http.ServeContent(w, r, "", time.Time{}, file)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// open opens a file that has no name any more, so that nobody must remove it.
func (b *blobs) open(size int64) (*os.File, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.files[size] == nil {
		f, err := create(size)
		if err != nil {
			return nil, err
		}
		b.files[size] = f
	}
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", b.files[size].Fd()))
}

func create(size int64) (*os.File, error) {
	f, err := os.CreateTemp("", "rtm-bench-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, err
	}
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i * 2654435761 >> 11)
	}
	_, err = f.Write(content)
	return f, err
}
