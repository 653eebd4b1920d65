package content

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// pieceBytes is how much is written on one deadline. A client must take that much within the
// stall time, so it is small: at 60 s, 280 bytes a second are enough. Once the send buffer is full,
// though, Linux lets a server write again only when a third of it is free.
const pieceBytes = 16 << 10

// Writer writes an answer in pieces, each on a deadline of its own: a client that does
// not take one piece within the stall time loses the connection, one that is slow does not.
type Writer struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
}

// NewWriter returns a Writer on w.
func NewWriter(w http.ResponseWriter, stall time.Duration) *Writer {
	return &Writer{w, http.NewResponseController(w), stall}
}

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		_ = w.control.SetWriteDeadline(time.Now().Add(w.stall)) // an error means that the connection is gone
		var m int
		m, err = w.ResponseWriter.Write(p[:min(len(p), pieceBytes)])
		n += m
		p = p[m:]
	}
	return n, err
}

// Unwrap gives http.ResponseController the writer that has the deadlines.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Serve answers with content that is in memory, as http.ServeContent does, but copies
// nothing: however many clients read slowly, they share it. An ETag must be set already.
func Serve(w *Writer, r *http.Request, content []byte) {
	SetRange(r)
	// With no time given, only the tag decides what is still the same.
	http.ServeContent(uncopied{w, content}, r, "", time.Time{}, bytes.NewReader(content))
}

// uncopied is handed the body by io.Copy, and writes it from where it is.
type uncopied struct {
	*Writer
	content []byte
}

// ReadFrom implements io.ReaderFrom for the readers that http.ServeContent makes: a limited
// one of a bytes.Reader.
func (w uncopied) ReadFrom(src io.Reader) (int64, error) {
	if limited, ok := src.(*io.LimitedReader); ok {
		if memory, ok := limited.R.(*bytes.Reader); ok {
			rest := w.content[len(w.content)-memory.Len():]
			n, err := w.Write(rest[:min(int64(len(rest)), limited.N)])
			return int64(n), err
		}
	}
	return io.Copy(struct{ io.Writer }{w.Writer}, src)
}
