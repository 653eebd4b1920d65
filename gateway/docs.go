package gateway

import (
	"io/fs"
	"net/http"
	"time"
)

// docsPolicy lets the documentation run only scripts that are files of this gateway. The colours of
// code are style attributes, which cannot run anything.
const docsPolicy = "default-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// docsHandler serves the documentation. Its scripts, styles and pictures are below assets/, with
// their hashes in their names.
func docsHandler(files fs.FS, stall time.Duration) http.Handler {
	if !hasDocs(files) {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "the documentation is not built into this gateway: run `make build DOCS=yes`", http.StatusNotFound)
		})
	}
	static := newStatic(files, stall)
	static.hashed, static.missing = "assets/", "404.html"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		static.ServeHTTP(w, r)
	})
}

// hasDocs reports whether the documentation was built into the gateway.
func hasDocs(files fs.FS) bool {
	return files != nil && (exists(files, "index.html") || exists(files, "index.html"+packed))
}
