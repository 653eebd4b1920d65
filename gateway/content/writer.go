package content

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// pieceBytes is how much is written on one deadline. A client must take that much within the
// stall time, so it is small: at 60 s, 280 bytes a second are enough. Once the send buffer is full,
// though, Linux lets a server write again only when a third of it is free.
const pieceBytes = 16 << 10

// maxPieceBytes is how much of a file is written at once while the client takes it quickly.
const maxPieceBytes = 1 << 20

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

// ReadFrom implements io.ReaderFrom. The part of a file that an io.LimitedReader leaves is
// handed on as it is: where net/http and the system can, they send it without copying it into
// this process.
func (w *Writer) ReadFrom(src io.Reader) (n int64, err error) {
	if limited, ok := src.(*io.LimitedReader); ok {
		file, isFile := limited.R.(*os.File)
		next, ok := w.ResponseWriter.(io.ReaderFrom)
		if isFile && ok {
			n, err = w.sendFile(next, file, limited.N)
			limited.N -= n
			return n, err
		}
	}
	return io.Copy(struct{ io.Writer }{w}, src)
}

// sendFile sends the next bytes of a file, in pieces that grow as long as the client takes them
// quickly. A client that takes less of one than pieceBytes in the stall time loses the
// connection.
func (w *Writer) sendFile(to io.ReaderFrom, file *os.File, bytes int64) (n int64, err error) {
	start, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	for piece := int64(pieceBytes); n < bytes; {
		began := time.Now()
		_ = w.control.SetWriteDeadline(began.Add(w.stall)) // an error means that the connection is gone
		m, err := to.ReadFrom(&io.LimitedReader{R: file, N: min(piece, bytes-n)})
		n += m
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && m >= pieceBytes && isAt(file, start+n):
			piece = pieceBytes
		case err != nil, m == 0:
			return n, err
		case time.Since(began) < w.stall/quickPart:
			piece = min(2*piece, maxPieceBytes)
		default:
			piece = pieceBytes
		}
	}
	return n, nil
}

// quickPart is the part of the stall time in which a client takes a piece that can have larger
// ones.
const quickPart = 60

// isAt reports whether all that was read of a file has been sent. If not, it was copied on the
// way, and what was not sent is lost.
func isAt(file *os.File, offset int64) bool {
	at, err := file.Seek(0, io.SeekCurrent)
	return err == nil && at == offset
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
