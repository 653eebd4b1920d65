package media

import (
	"io"
	"net/http"
)

// Direction is the direction of a transfer as the gateway sees it.
type Direction string

// Directions.
const (
	Upload   Direction = "upload"
	Download Direction = "download"
)

// Result is how the request of a transfer ended. One file may take several requests.
type Result string

// Results.
const (
	Done    Result = "done"
	Refused Result = "refused" // the request was not allowed or not valid
	Broken  Result = "broken"  // the connection was lost, or another request took over
	Failed  Result = "failed"  // the gateway or its store failed
)

// Meter counts requests that carry content. It must be safe for concurrent use.
type Meter interface {
	TransferBegan(Direction)
	TransferEnded(d Direction, r Result, bytes int64)
}

type noMeter struct{}

func (noMeter) TransferBegan(Direction)                {}
func (noMeter) TransferEnded(Direction, Result, int64) {}

// ServeHTTP serves BasePath and what is below it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(withRequestID(r.Context(), r.Header.Get(requestIDHeader)))
	r.Method = methodOf(r)
	direction := direction(r)
	if direction == "" {
		h.serve(w, r)
		return
	}
	in := &countedBody{ReadCloser: r.Body}
	r.Body = in
	out := &countedResponse{ResponseWriter: w, status: http.StatusOK}
	h.config.Meter.TransferBegan(direction)
	result := Broken
	defer func() { // a download that is cut off panics
		n := out.n
		if direction == Upload {
			n = in.n
		}
		h.config.Meter.TransferEnded(direction, result, n)
	}()
	h.serve(out, r)
	if r.Context().Err() == nil {
		result = resultOf(out.status, out.cut)
	}
}

// resultOf returns the Result for a response status. cut says that the request's body was incomplete.
func resultOf(status int, cut bool) Result {
	switch {
	case status == http.StatusConflict, cut && status >= 500: // see errInterrupted and errCutShort
		return Broken
	case status >= 500 && status != http.StatusInsufficientStorage: // 507 means a quota, see errQuota
		return Failed
	case status >= 400:
		return Refused
	}
	return Done
}

type countedBody struct {
	io.ReadCloser
	n int64
}

func (b *countedBody) Read(p []byte) (n int, err error) {
	n, err = b.ReadCloser.Read(p)
	b.n += int64(n)
	return n, err
}

type countedResponse struct {
	http.ResponseWriter
	status int
	n      int64
	cut    bool // the request's body was incomplete
}

func (w *countedResponse) WriteHeader(status int) {
	if status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *countedResponse) Write(p []byte) (n int, err error) {
	n, err = w.ResponseWriter.Write(p)
	w.n += int64(n)
	return n, err
}

// ReadFrom implements io.ReaderFrom, so that the kernel can copy files to the connection.
func (w *countedResponse) ReadFrom(src io.Reader) (n int64, err error) {
	n, err = io.Copy(w.ResponseWriter, src)
	w.n += n
	return n, err
}

// Unwrap lets http.ResponseController set the deadlines of the connection.
func (w *countedResponse) Unwrap() http.ResponseWriter { return w.ResponseWriter }
