package gateway

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// static serves files, compressed where a compressed sibling (.br, .gz) exists and
// the client takes it. Browsers keep the files and ask each time whether they are
// still the same; not where the address has the file's hash, as in
// rtm.wasm?sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=.
type static struct {
	files fs.FS

	mu    sync.Mutex // guards known
	known map[string]version
}

// version is a state of a file, and the hash of its content.
type version struct {
	size     int64
	modified time.Time
	sum      [sha256.Size]byte
}

func newStatic(files fs.FS) *static {
	return &static{files: files, known: map[string]version{}}
}

// Content types by extension, so that they do not depend on the machine.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".mjs":  "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".json": "application/json",
	".map":  "application/json",
	".ts":   "text/plain; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
	".wasm": "application/wasm",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".jpg":  "image/jpeg",
	".ico":  "image/x-icon",
}

// Compressed siblings, best first.
var encodings = []struct{ name, extension string }{
	{"br", ".br"},
	{"gzip", ".gz"},
}

func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "use GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	name, ok := fileName(r.URL.Path)
	if !ok || !exists(s.files, name) {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	kind := contentTypes[path.Ext(name)]
	if kind == "" {
		kind = "application/octet-stream"
	}
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-cache")
	if s.named(name, r.URL.RawQuery) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Vary", "Accept-Encoding")
	if encoding, extension := s.encoding(name, r.Header.Get("Accept-Encoding")); encoding != "" {
		h.Set("Content-Encoding", encoding)
		name += extension
	}
	s.serve(w, r, name)
}

// named reports whether a query is the hash of the file as it is now.
func (s *static) named(name, query string) bool {
	hash, ok := strings.CutPrefix(query, "sha256-")
	if !ok {
		return false
	}
	sum, err := s.sum(name)
	return err == nil && hash == base64.StdEncoding.EncodeToString(sum[:])
}

// fileName is the file behind a path: that of a folder is its index.html. Files whose
// names begin with a dot are not served.
func fileName(urlPath string) (string, bool) {
	name := strings.TrimPrefix(urlPath, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	return name, fs.ValidPath(name) && !strings.HasPrefix(name, ".") && !strings.Contains(name, "/.")
}

func exists(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && info.Mode().IsRegular()
}

func (s *static) encoding(name, accepted string) (encoding, extension string) {
	for _, e := range encodings {
		if accepts(accepted, e.name) && exists(s.files, name+e.extension) {
			return e.name, e.extension
		}
	}
	return "", ""
}

// accepts reads an Accept-Encoding header; "*" is not taken as consent.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q := strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return q != "0" && q != "0.0" && q != "0.00" && q != "0.000"
		}
	}
	return false
}

func (s *static) serve(w http.ResponseWriter, r *http.Request, name string) {
	content, err := fs.ReadFile(s.files, name)
	if err != nil {
		http.Error(w, "the file can't be read", http.StatusInternalServerError)
		return
	}
	if sum, err := s.sum(name); err == nil {
		w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	}
	// With no time given, only the tag decides what is still the same.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// sum is the hash of a file. It is computed once per state of the file.
func (s *static) sum(name string) (sum [sha256.Size]byte, err error) {
	info, err := fs.Stat(s.files, name)
	if err != nil {
		return sum, err
	}
	v := version{size: info.Size(), modified: info.ModTime()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.known[name]; ok && k.size == v.size && k.modified.Equal(v.modified) {
		return k.sum, nil
	}
	content, err := fs.ReadFile(s.files, name)
	if err != nil {
		return sum, err
	}
	v.sum = sha256.Sum256(content)
	s.known[name] = v
	return v.sum, nil
}
