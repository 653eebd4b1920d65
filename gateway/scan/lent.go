package scan

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"rtmwasm/gateway/content"
	"rtmwasm/gateway/media"
)

// fetchStall is how long a hook may take to read 16 KiB.
const fetchStall = 30 * time.Second

// lent has the contents that hooks may read now, by a random token. It serves media.ScanPath.
type lent struct {
	mu      sync.Mutex
	byToken map[string]*loan
}

// loan is a content that can be withdrawn while it is being read.
type loan struct {
	size int64

	mu      sync.RWMutex // held while the content is read
	content io.ReaderAt  // nil: taken back
}

// lend makes content readable with a token, until takeBack returns.
func (l *lent) lend(content io.ReaderAt, size int64) (token string, takeBack func()) {
	token = rand.Text() + rand.Text() // 256 bits
	one := &loan{size: size, content: content}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byToken == nil {
		l.byToken = map[string]*loan{}
	}
	l.byToken[token] = one
	return token, func() {
		l.mu.Lock()
		delete(l.byToken, token)
		l.mu.Unlock()
		one.mu.Lock()
		defer one.mu.Unlock()
		one.content = nil
	}
}

var errTakenBack = errors.New("the scan is over")

// ReadAt implements io.ReaderAt.
func (l *loan) ReadAt(p []byte, off int64) (int, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.content == nil {
		return 0, errTakenBack
	}
	return l.content.ReadAt(p, off)
}

// ServeHTTP serves a content by its token.
func (l *lent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "use GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	l.mu.Lock()
	one := l.byToken[strings.TrimPrefix(r.URL.Path, media.ScanPath)]
	l.mu.Unlock()
	if one == nil {
		http.Error(w, "no such content: the scan is over, or runs at another gateway", http.StatusNotFound)
		return
	}
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Disposition", "attachment")
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	content.SetRange(r)
	http.ServeContent(content.NewWriter(w, fetchStall), r, "", time.Time{}, io.NewSectionReader(one, 0, one.size))
}
