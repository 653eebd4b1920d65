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

	digest   string // Repr-Digest of the whole, as the first piece's answer gave it
	checking bool   // all pieces are there, and being looked at
	restarts int    // because of pieces that did not fit together
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
	if d.checking {
		return
	}
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
	digest := resp.Header("Repr-Digest")
	if d.have > 0 && digest != d.digest {
		d.spoiled()
		return
	}
	d.digest = digest
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

// complete gives the Blob its type, from its first bytes, and checks the digest where
// the gateway told one and the host can.
func (d *download) complete() {
	d.checking = true
	d.pieces[0].Read(0, sniffBytes, func(head []byte, err error) {
		if d.ended {
			return
		}
		if err != nil {
			d.unreadable(err)
			return
		}
		whole := d.c.host.Join(d.pieces, sniff(head))
		verify := func(sum []byte, err error) { d.verify(whole, sum, err) }
		digester, able := d.c.host.(Digester)
		if !able || d.digest == "" || !digester.SHA256(whole, verify) {
			d.deliver(whole)
		}
	})
}

func (d *download) verify(whole Blob, sum []byte, err error) {
	switch {
	case d.ended:
	case err != nil:
		d.unreadable(err)
	case reprDigest(sum) != d.digest:
		d.spoiled()
	default:
		d.deliver(whole)
	}
}

func (d *download) deliver(whole Blob) {
	d.show(d.total)
	if d.ended {
		return // the listener cancelled
	}
	d.end()
	d.done(whole, nil)
}

func (d *download) unreadable(err error) {
	d.failed(&Error{Class: Unavailable, Code: DownloadMediaErrFailure, Text: "the downloaded data can't be read", Cause: err})
}

// spoiled is for pieces that are not one file: damaged on the way, or of two files.
// They are fetched once more.
func (d *download) spoiled() {
	if d.restarts > 0 {
		cause := textError("the downloaded data does not have the digest that the gateway told")
		d.failed(&Error{Class: Unavailable, Code: DownloadMediaErrFailure, Text: string(cause), Cause: cause})
		return
	}
	d.c.log(LogInfo, "downloaded data has another digest than the gateway told, trying again")
	d.restarts++
	d.pieces, d.have, d.checking = nil, 0, false
	d.resume()
}

// cancelled implements transfer.
func (d *download) cancelled() {}
