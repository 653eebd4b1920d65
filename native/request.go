package native

import (
	"context"
	"io"
	"net/http"

	"rtmwasm/core"
)

// Request implements core.Host.
func (h *Host) Request(r *core.HTTPRequest, l core.HTTPListener) (abort func()) {
	ctx, cancel := context.WithCancel(context.Background())
	aborted := false // guarded by the loop
	tell := func(f func()) {
		h.Do(func() {
			if !aborted {
				f()
			}
		})
	}
	progress := func(n int64) { tell(func() { l.Progress(n) }) }
	go func() {
		defer cancel()
		resp, err := h.roundTrip(ctx, r, progress)
		tell(func() { l.Answered(resp, err) })
	}()
	return func() {
		aborted = true
		cancel()
	}
}

func (h *Host) roundTrip(ctx context.Context, r *core.HTTPRequest, progress func(int64)) (*core.HTTPResponse, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, nil)
	if err != nil {
		return nil, err
	}
	for _, h := range r.Header {
		req.Header.Set(h[0], h[1])
	}
	if r.Body != nil {
		body := r.Body.(*Blob)
		req.ContentLength = body.Size()
		req.Body = io.NopCloser(&counting{r: io.NewSectionReader(body, 0, body.Size()), progress: progress})
	}
	resp, err := h.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	out := &core.HTTPResponse{Status: resp.StatusCode, Header: resp.Header.Get}
	if !r.WantBody {
		_, err = io.Copy(io.Discard, resp.Body)
		return out, err
	}
	b, err := io.ReadAll(&counting{r: resp.Body, progress: progress})
	if err != nil {
		return nil, err
	}
	out.Body = h.Bytes(b)
	return out, nil
}

// counting is a reader that reports how many bytes were read from it.
type counting struct {
	r        io.Reader
	n        int64
	progress func(int64)
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if n > 0 {
		c.n += int64(n)
		c.progress(c.n)
	}
	return n, err
}
