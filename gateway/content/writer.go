package content

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// pieceBytes is how many bytes are written with one deadline. A client must read as much within the
// stall time, so the number is small: with 60 s, 280 bytes a second are enough. But when the send
// buffer is full, Linux lets a server write again only when a third of the buffer is free, or half of
// what the buffer may have unsent.
const pieceBytes = 16 << 10

// maxPieceBytes is how many bytes of a file are written with one deadline to a client that reads quickly.
const maxPieceBytes = 1 << 20

// Writer writes an answer in pieces, each with its own deadline. A client that does not read a piece
// within the stall time loses the connection. A client that is only slow does not.
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

// ReadFrom implements io.ReaderFrom. It passes an io.LimitedReader of a file on as it is: if
// net/http and the system can, they send the file without copying it into this process.
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

// sendFile sends the next bytes of a file, in pieces that grow as long as the client reads them
// quickly. A client that reads less than pieceBytes within the stall time loses the connection.
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

// quickPart: pieces grow if the client reads one within a quickPart-th of the stall time.
const quickPart = 60

// isAt reports whether all bytes that were read from a file have been sent. If not, they were copied
// on the way, and those not sent are lost.
func isAt(file *os.File, offset int64) bool {
	at, err := file.Seek(0, io.SeekCurrent)
	return err == nil && at == offset
}

// Unwrap lets http.ResponseController reach the writer with the deadlines.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Serve answers with content in memory, like http.ServeContent, but does not copy it: all clients
// share it, also slow ones. The caller must have set an ETag.
func Serve(w *Writer, r *http.Request, content []byte) {
	SetRange(r)
	// Without a time, only the ETag decides whether the content is unchanged.
	http.ServeContent(uncopied{w, content}, r, "", time.Time{}, bytes.NewReader(content))
}

// uncopied writes the content itself instead of the copy that io.Copy gives it.
type uncopied struct {
	*Writer
	content []byte
}

// ReadFrom implements io.ReaderFrom for the readers that http.ServeContent makes: an
// io.LimitedReader of a bytes.Reader.
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
