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

// serveDownload serves a finished file of the app, or its headers (HEAD). It takes no lock.
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

// serveFile serves a finished file. The caller has checked that the client may read it.
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
		panic(http.ErrAbortHandler) // shows the client that the answer is incomplete
	}
}

// isOfConnection reports whether an error comes from the client's connection.
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

// setDownloadHeaders makes browsers save the file and never run it, whatever is in it.
// It uses no-store: a browser that writes 30 MiB to its cache takes twice as long, and a private
// file would stay there after the session.
func setDownloadHeaders(header http.Header, info Info) {
	setFileHeaders(header, info)
	header.Set("Content-Disposition", "attachment")
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	header.Set("Repr-Digest", formatDigest(info.Digest[:]))
}

// setFileHeaders sets the headers that all answers about a finished file have.
func setFileHeaders(header http.Header, info Info) {
	header.Set("Content-Type", info.Type)
	header.Set("ETag", `"`+hex.EncodeToString(info.Digest[:])+`"`)
	header.Set("Accept-Ranges", "bytes")
}

// downloadWriter lets the Reader write its parts without copying them. It sends the header together
// with the first bytes, because the answer may become an error until these have been read.
type downloadWriter struct {
	*content.Writer
	info Info

	status     int // to send; 0 means that it is not set yet
	headerSent bool
	err        error // why the body is incomplete
}

func (d *downloadWriter) WriteHeader(status int) { d.status = status }

func (d *downloadWriter) sendHeader() {
	if d.headerSent || d.status == 0 {
		return
	}
	d.headerSent = true
	if d.status >= http.StatusBadRequest { // a condition of the request is not met
		d.Header().Set("Cache-Control", "no-store")
	}
	if sums := partSums(d.info, d.Header().Get("Content-Range")); len(sums) > 0 {
		d.Header().Set("Part-Digest", formatDigest(sums))
	}
	d.Writer.WriteHeader(d.status)
}

// ReadFrom gets the body from io.Copy, and so from http.ServeContent.
func (d *downloadWriter) ReadFrom(src io.Reader) (n int64, err error) {
	if limited, ok := src.(*io.LimitedReader); ok {
		switch file := limited.R.(type) {
		case Reader:
			n, d.err = file.WriteN(d, limited.N)
			limited.N -= n
			return n, d.err
		case *os.File: // from the Reader
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
