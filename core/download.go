package core

import "strconv"

// downloadPiece is how much one request asks for, in bytes. A broken connection costs
// at most the piece that was under way.
const downloadPiece = 16 << 20

// download fetches media in pieces, one after another.
type download struct {
	*Task
	key    string
	pieces []Blob
	have   int64 // bytes in pieces
	done   func(Blob, *Error)
}

// Download fetches media by the id its uploader got (API 7.4). progress and done are
// called later, except that done is called inside the call where the id is refused.
func (c *Client) Download(mediaID string, progress func(current, total int64), done func(Blob, *Error)) *Task {
	key, size, ok := parseMediaID(mediaID)
	d := &download{key: key, done: done}
	d.Task = &Task{
		c: c, codes: &downloadCodes, transfer: d, total: size, progress: progress,
		fail: func(err *Error) { done(nil, err) },
	}
	var err *Error
	switch {
	case !ok || size == 0:
		err = &Error{Class: InvalidArgument, Code: DownloadMediaErrInvalidArgument, Text: "mediaId is not of the form that an upload gives"}
	case !c.connected():
		err = errNotLoggedIn(DownloadMediaErrNotLoggedIn)
	}
	if err != nil {
		d.ended = true
		done(nil, err)
		return d.Task
	}
	c.addTask(d.Task)
	return d.Task
}

// step implements transfer.
func (d *download) step() {
	if d.have == d.total {
		d.complete()
		return
	}
	from := d.have
	to := min(from+downloadPiece, d.total)
	r := &HTTPRequest{Method: "GET", URL: d.key, WantBody: true, Header: [][2]string{
		{"Range", "bytes=" + strconv.FormatInt(from, 10) + "-" + strconv.FormatInt(to-1, 10)},
	}}
	d.exchange(r, &exchange{
		progress: func(n int64) { d.show(min(from+n, d.total-1)) },
		answered: func(resp *HTTPResponse) { d.received(resp, to-from) },
	})
}

func (d *download) received(resp *HTTPResponse, want int64) {
	switch {
	case resp.Status == 404 || resp.Status == 410:
		d.failed(&Error{Class: Unavailable, Code: DownloadMediaErrNotExist, Text: "no such media: the id is unknown here or its seven days are over"})
		return
	case resp.Status == 416 || resp.Status == 206 && !endsWith(resp.Header("Content-Range"), d.total):
		d.wrongLength()
		return
	case resp.Status != 206:
		d.refused(resp.Status)
		return
	case resp.Body == nil || resp.Body.Size() != want:
		d.again() // cut short
		return
	}
	d.pieces = append(d.pieces, resp.Body)
	d.have += want
	d.show(min(d.have, d.total-1))
	if !d.ended {
		d.step()
	}
}

// endsWith reports whether a Content-Range names total as the whole's length.
func endsWith(contentRange string, total int64) bool {
	suffix := "/" + strconv.FormatInt(total, 10)
	return len(contentRange) >= len(suffix) && contentRange[len(contentRange)-len(suffix):] == suffix
}

func (d *download) wrongLength() {
	cause := textError("the media has another length than its id says")
	d.failed(&Error{Class: Unavailable, Code: DownloadMediaErrFailure, Text: string(cause), Cause: cause})
}

// complete gives the Blob its type, from its first bytes.
func (d *download) complete() {
	d.pieces[0].Read(0, sniffBytes, func(head []byte, err error) {
		if d.ended {
			return
		}
		if err != nil {
			d.failed(&Error{Class: Unavailable, Code: DownloadMediaErrFailure, Text: "the downloaded data can't be read", Cause: err})
			return
		}
		d.show(d.total)
		if d.ended {
			return // the listener cancelled
		}
		d.end()
		d.done(d.c.host.Join(d.pieces, sniff(head)), nil)
	})
}

// cancelled implements transfer.
func (d *download) cancelled() {}
