package media

import (
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"rtmwasm/gateway/content"
)

// serveDownload serves a finished file of the app, or what is to be known of it (HEAD). It
// takes no lock.
func (h *Handler) serveDownload(w http.ResponseWriter, r *http.Request, who Principal, key string) {
	if key == "" {
		refuse(w, http.StatusNotFound, notFound)
		return
	}
	if r.Method == http.MethodGet && h.redirect(w, r, who.App, key, func(info Info) http.Header { return linkedHeader(info, r) }) {
		return
	}
	if r.Method != http.MethodHead {
		free, err := h.slots.download(r.Context(), who.SessionID)
		if errors.Is(err, errNoPlace) {
			refuse(w, http.StatusTooManyRequests, noPlace)
			return
		}
		if err != nil {
			h.downloadFailed(w, r, err)
			return
		}
		defer free()
	}
	h.serveFile(w, r, who.App, key, setDownloadHeaders)
}

// serveFile serves a finished file, whoever may read it.
func (h *Handler) serveFile(w http.ResponseWriter, r *http.Request, app, key string, setHeaders func(http.Header, Info)) {
	info, file, err := h.store.Open(r.Context(), app, key)
	if err != nil {
		h.downloadFailed(w, r, err)
		return
	}
	defer file.Close()

	setHeaders(w.Header(), info)
	content.SetRange(r)
	out := &downloadWriter{Writer: content.NewWriter(w, h.config.StallTimeout), info: info}
	http.ServeContent(out, r, "", time.Time{}, file)
	switch {
	case out.err == nil:
		out.sendHeader()
	case !out.headerSent:
		for _, name := range ofContent {
			w.Header().Del(name)
		}
		w.Header().Set("Cache-Control", "no-store")
		h.downloadFailed(w, r, out.err)
	default:
		if !errors.Is(out.err, ErrNotFound) && !isOfConnection(out.err) && r.Context().Err() == nil {
			h.config.Logger.ErrorContext(r.Context(), "media: a download broke off", "key", key, "error", out.err)
		}
		panic(http.ErrAbortHandler) // the client must not take it for whole
	}
}

// isOfConnection reports whether an error tells of the client's connection.
func isOfConnection(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}

// ofContent are the headers that only an answer with content may have.
var ofContent = []string{"Content-Disposition", "Content-Security-Policy", "ETag", "Repr-Digest", "Part-Digest", "Accept-Ranges", "Content-Length", "Content-Range"}

func (h *Handler) downloadFailed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrNotFound) {
		refuse(w, http.StatusNotFound, notFound)
		return
	}
	if r.Context().Err() == nil {
		h.config.Logger.ErrorContext(r.Context(), "media: cannot open a file", "error", err)
	}
	refuseForNow(w, "the file store does not answer: try again")
}

// setDownloadHeaders makes the file something to save, never something that runs,
// whatever is in it. It stays no-store: a browser that writes 30 MiB to its cache
// takes twice as long, and what was private would outlive the session there.
func setDownloadHeaders(header http.Header, info Info) {
	setFileHeaders(header, info)
	header.Set("Content-Disposition", "attachment")
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	header.Set("Repr-Digest", formatDigest(info.Digest[:]))
}

// setFileHeaders sets what is to be known of a finished file, of each request for it.
func setFileHeaders(header http.Header, info Info) {
	header.Set("Content-Type", info.Type)
	header.Set("ETag", `"`+hex.EncodeToString(info.Digest[:])+`"`)
	header.Set("Accept-Ranges", "bytes")
}

// downloadWriter lets the Reader write its parts as they are. The header goes out with the
// first bytes: until these were read, the answer may still become an error.
type downloadWriter struct {
	*content.Writer
	info Info

	status     int // to send; 0 means none was set
	headerSent bool
	err        error // why the body is not whole
}

func (d *downloadWriter) WriteHeader(status int) { d.status = status }

func (d *downloadWriter) sendHeader() {
	if d.headerSent || d.status == 0 {
		return
	}
	d.headerSent = true
	if d.status >= http.StatusBadRequest { // what a condition of the request is not met by
		d.Header().Set("Cache-Control", "no-store")
	}
	if sums := partSums(d.info, d.Header().Get("Content-Range")); len(sums) > 0 {
		d.Header().Set("Part-Digest", formatDigest(sums))
	}
	d.Writer.WriteHeader(d.status)
}

// ReadFrom is how io.Copy, and so http.ServeContent, hands over the body.
func (d *downloadWriter) ReadFrom(src io.Reader) (n int64, err error) {
	if limited, ok := src.(*io.LimitedReader); ok {
		switch file := limited.R.(type) {
		case Reader:
			n, d.err = file.WriteN(d, limited.N)
			limited.N -= n
			return n, d.err
		case *os.File: // which the Reader hands over in turn
			d.sendHeader()
			return d.Writer.ReadFrom(src)
		}
	}
	return io.Copy(struct{ io.Writer }{d}, src)
}

func (d *downloadWriter) Write(p []byte) (n int, err error) {
	d.sendHeader()
	return d.Writer.Write(p)
}
