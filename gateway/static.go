package gateway

import (
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"rtmwasm/gateway/content"
)

// static serves files, compressed if there is a compressed sibling (.br, .gz) that the client
// accepts. A file may also exist only as its .gz. Browsers store the files and ask each time
// whether they have changed. They do not ask if the URL has the file's hash, as in
// rtm.wasm?sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=, or the name of the build.
//
// Each file is read once and kept in memory. All clients share it, however slowly they read.
type static struct {
	files fs.FS
	build build
	stall time.Duration // a client that reads nothing for so long is disconnected

	hashed  string // folder whose files have a hash in their names, such as "assets/"; "" if there is none
	missing string // page that answers for a missing file, such as "404.html"; "" means one line of text

	mu    sync.Mutex // guards known
	known map[string]version
}

// version is the content of a file, with its hashes.
type version struct {
	content  []byte
	size     int64
	modified time.Time
	sha256   [sha256.Size]byte
	sha384   [sha512.Size384]byte
}

func newStatic(files fs.FS, stall time.Duration) *static {
	return &static{files: files, build: readBuild(files), stall: stall, known: map[string]version{}}
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
	inBuild := false
	if rest, cut := s.build.cut(name); cut {
		name, inBuild = rest, true
	}
	if !ok || !s.exists(name) {
		s.serveMissing(w, r)
		return
	}
	kind := contentTypes[path.Ext(name)]
	if kind == "" {
		kind = "application/octet-stream"
	}
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-cache")
	if s.fixed(name, inBuild, r.URL.RawQuery) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Add("Vary", "Accept-Encoding")
	if encoding, extension := s.encoding(name, r.Header.Get("Accept-Encoding")); encoding != "" {
		h.Set("Content-Encoding", encoding)
		name += extension
	}
	s.serve(w, r, name)
}

// fixed reports whether a URL can never mean other content: it names the file's build, its query is
// the file's hash, or the file's name has its hash.
func (s *static) fixed(name string, inBuild bool, query string) bool {
	if s.hashed != "" && strings.HasPrefix(name, s.hashed) {
		return true
	}
	hash, ok := strings.CutPrefix(query, "sha256-")
	if !ok && !inBuild {
		return false
	}
	v, err := s.version(name)
	if err != nil {
		return false
	}
	return ok && hash == base64.StdEncoding.EncodeToString(v.sha256[:]) || inBuild && s.build.has(name, v)
}

// serveMissing answers for a file that does not exist.
func (s *static) serveMissing(w http.ResponseWriter, r *http.Request) {
	if s.missing == "" || !s.exists(s.missing) {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	v, err := s.version(s.missing)
	if err != nil {
		http.Error(w, "the file can't be read", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentTypes[path.Ext(s.missing)])
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Length", strconv.Itoa(len(v.content)))
	w.WriteHeader(http.StatusNotFound)
	if r.Method != http.MethodHead {
		_, _ = content.NewWriter(w, s.stall).Write(v.content)
	}
}

// fileName returns the file for a path; for a folder that is its index.html. Files whose names
// begin with a dot are not served.
func fileName(urlPath string) (string, bool) {
	name := strings.TrimPrefix(urlPath, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	return name, fs.ValidPath(name) && !strings.HasPrefix(name, ".") && !strings.Contains(name, "/.")
}

// packed is the extension of a file that exists only compressed.
const packed = ".gz"

// exists reports whether a file exists, compressed or not.
func (s *static) exists(name string) bool {
	return exists(s.files, name) || exists(s.files, name+packed)
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

// accepts reads an Accept-Encoding header. "*" does not count as acceptance.
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
	v, err := s.version(name)
	if err != nil {
		http.Error(w, "the file can't be read", http.StatusInternalServerError)
		return
	}
	w.Header().Set("ETag", `"`+hex.EncodeToString(v.sha256[:16])+`"`)
	if w.Header().Get("Content-Encoding") != "" {
		r = withoutRange(r)
		w.Header().Set("Content-Length", strconv.Itoa(len(v.content))) // http.ServeContent leaves it out
	}
	content.Serve(content.NewWriter(w, s.stall), r, v.content)
}

// withoutRange returns the request for the complete file. Parts of a compressed file are not
// useful: a client that continues one may ask without compression.
func withoutRange(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Del("Range")
	r.Header.Del("If-Match") // a failure would have a body
	return r
}

// version returns the present version of a file. It reads each version once.
func (s *static) version(name string) (version, error) {
	stored, read := name, fs.ReadFile
	if !exists(s.files, name) {
		stored, read = name+packed, readPacked
	}
	info, err := fs.Stat(s.files, stored)
	if err != nil {
		return version{}, err
	}
	v := version{size: info.Size(), modified: info.ModTime()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.known[name]; ok && k.size == v.size && k.modified.Equal(v.modified) {
		return k, nil
	}
	if v.content, err = read(s.files, stored); err != nil {
		return version{}, err
	}
	v.sha256, v.sha384 = sha256.Sum256(v.content), sha512.Sum384(v.content)
	s.known[name] = v
	return v, nil
}

// readPacked reads a compressed file and decompresses it.
func readPacked(files fs.FS, name string) ([]byte, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

// build is the content of a folder's integrity.json: the names of the build and of its program, and
// the hash of each file, as in integrity attributes. The files of a build never change:
// /sdk/16343d6458cabdc0/rtm.js is the same as /sdk/rtm.js until the next build.
type build map[string]string

// readBuild reads integrity.json. If there is none, it returns nil.
func readBuild(files fs.FS) build {
	var b build
	content, err := fs.ReadFile(files, "integrity.json")
	if err != nil || json.Unmarshal(content, &b) != nil {
		return nil
	}
	return b
}

// cut removes the build's name from a file's name. The wasm is also below the name of its program.
// So an application that has a copy of the script finds it for as long as the program stays the
// same.
func (b build) cut(name string) (rest string, ok bool) {
	folder, rest, ok := strings.Cut(name, "/")
	return rest, ok && folder != "" && (folder == b["build"] || folder == b["program"] && rest == "rtm.wasm")
}

// has reports whether a file of the build has this content.
func (b build) has(name string, v version) bool {
	return b[name] == "sha384-"+base64.StdEncoding.EncodeToString(v.sha384[:])
}
