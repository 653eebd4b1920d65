package core

import (
	"strconv"
	"time"
)

// A piece consists of complete parts, so that it can be verified alone. A browser is fastest
// with large pieces, but does not report progress within them. So a piece is as large as
// can be loaded in pieceTime at the speed of the last one. It is small if that speed is unknown or
// after a failure. So a lost connection costs only about a second of work.
const (
	smallestPiece = MediaPartBytes // in bytes
	pieceTime     = time.Second
)

// downloadLanes is how many pieces of a file are loaded at the same time: while one ends, the
// other keeps the network busy.
const downloadLanes = 2

// download fetches media in pieces.
//
// It verifies a file in three ways. Content-Range and the size show that a piece is the requested
// range, of a file as long as its id says. Repr-Digest, the SHA-256 of the complete file, shows that
// all pieces belong to the same file. The SHA-256 of each half MiB shows that no byte has changed. The
// gateway computes both digests while it stores the file. A damaged piece is fetched once more.
// The last check is left out if the host cannot hash, or if the gateway sends no digests.
type download struct {
	*Task
	key    string
	pieces []*piece // together the complete file, in order
	done   func(Blob, *Error)

	least  int64  // smallest piece, in bytes
	whole  int64  // bytes received of an answer that has the complete file instead of a piece
	told   bool   // digest and mime are set
	digest string // Repr-Digest of the complete file, "" if the gateway sends none
	mime   string // type of the Blob
}

// piece is a range of the file.
type piece struct {
	from, to int64
	x        *mediaAttempt // nil before the first attempt
	loaded   int64         // bytes received, while it is being loaded
	blob     Blob          // nil until it is complete
	verified bool
	damaged  bool // it was damaged once before
}

// Download fetches the media with the id of a message (API 7.4). It calls progress and done
// later. Only if the call is refused at once, it calls done before it returns.
func (c *Client) Download(mediaID string, progress func(current, total int64), done func(Blob, *Error)) *Task {
	defer c.enter().exit()
	done, progress = laterWith(c, done), c.pausing(progress)
	key, size, ok := parseMediaID(mediaID)
	d := &download{key: key, done: done}
	d.Task = &Task{
		c: c, codes: &downloadCodes, transfer: d, total: size, progress: progress,
		fail: func(err *Error) { done(nil, err) },
	}
	var err *Error
	switch {
	case !ok || size == 0:
		err = &Error{Class: InvalidArgument, Code: DownloadMediaErrInvalidArgument, Text: textMediaID}
	case !c.connected():
		err = errNotLoggedIn(DownloadMediaErrNotLoggedIn)
	}
	if err != nil {
		d.ended = true
		done(nil, err)
		return d.Task
	}
	d.pieces, d.least = []*piece{{to: size}}, smallestPiece
	c.addTask(d.Task)
	return d.Task
}

// step implements transfer.
func (d *download) step() {
	lanes := downloadLanes
	if d.failures > 1 {
		lanes, d.least = 1, MediaDigestBytes // perhaps smaller pieces succeed
	}
	for i := 0; i < len(d.pieces) && len(d.inFlight) < lanes; i++ {
		if p := d.pieces[i]; p.blob == nil && (p.x == nil || p.x.over) {
			d.fetch(i)
		}
	}
}

// fetch requests a piece. If it is now larger than pieces should be, fetch splits it and requests
// the first part.
func (d *download) fetch(i int) {
	p := d.pieces[i]
	if p.x != nil {
		d.c.pieceSize = 0
	}
	share := d.total
	if !d.c.unverified { // pieces help to verify in parallel; without that, one request is cheaper
		share = (d.total/downloadLanes + MediaPartBytes - 1) / MediaPartBytes * MediaPartBytes
	}
	size := max(min(d.c.pieceSize, share), d.least)
	if p.to-p.from > size {
		d.pieces = append(d.pieces[:i+1:i+1], append([]*piece{{from: p.from + size, to: p.to}}, d.pieces[i+1:]...)...)
		p.to = p.from + size
	}
	p.loaded, size = 0, p.to-p.from
	span := strconv.FormatInt(p.from, 10) + "-" + strconv.FormatInt(p.to-1, 10)
	begun := now()
	p.x = &mediaAttempt{
		progress: func(n int64) {
			if p.loaded = min(n, size); n > size {
				d.whole = max(d.whole, n)
			}
			d.tell()
		},
		answered: func(resp *HTTPResponse) {
			took := since(begun)
			if p.x.moved == 0 {
				d.c.pieceTook = took
			}
			if size >= smallestPiece {
				d.c.pieceSize = size * int64(pieceTime) / int64(max(took, 1)) / MediaPartBytes * MediaPartBytes
			}
			d.received(p, resp, "bytes "+span+"/"+strconv.FormatInt(d.total, 10))
		},
	}
	noProgress := size > smallestPiece
	if !noProgress {
		p.x.limit = max(d.soon(), 3*d.c.pieceTook) // the other lane may take half of the bandwidth
	}
	d.exchange(&HTTPRequest{
		Method: "GET", URL: d.key, WantBody: true, NoProgress: noProgress,
		Header: [][2]string{{"Range", "bytes=" + span}},
	}, p.x)
}

// tell reports the bytes that are complete and those being received. It never reports the total,
// which only the end does. Complete bytes count as progress, and so do bytes that were never received before.
func (d *download) tell() {
	var n, kept int64
	for _, p := range d.pieces {
		if n += p.loaded; p.blob != nil {
			kept += p.loaded
		}
	}
	d.confirm(kept)
	if d.show(min(max(n, d.whole), d.total-1)) {
		d.lastProgressAt = now()
	}
}

func (d *download) received(p *piece, resp *HTTPResponse, contentRange string) {
	switch {
	case resp.Status == 404 || resp.Status == 410:
		cause := statusFault(resp, true).cause
		d.failed(&Error{Class: Unavailable, Code: DownloadMediaErrNotExist, Text: textNoMedia, ServerCode: resp.Status, Cause: cause})
		return
	case resp.Status == 416 || resp.Status == 206 && resp.Header("Content-Range") != contentRange:
		d.wrongLength(resp.Status)
		return
	case resp.Status == 200 && resp.Body != nil && resp.Body.Size() == d.total: // a proxy removed the header Range
		p = d.all(p)
	case resp.Status != 206 && resp.Status != 200:
		d.refused(resp)
		return
	case resp.Body == nil || resp.Body.Size() != p.to-p.from:
		f := statusFault(resp, true)
		f.text += " and a body of another length than was asked for"
		d.retryLater(f)
		return
	}
	whole := told(resp, LinkedDigest)
	if !d.told {
		d.told, d.digest, d.mime = true, whole, HarmlessType(resp.Header("Content-Type"))
	}
	if whole != d.digest {
		d.onCorruptPiece(p)
		return
	}
	p.blob, p.loaded = resp.Body, p.to-p.from
	if d.tell(); !d.ended {
		part, sums := int64(MediaDigestBytes), told(resp, LinkedPartDigest)
		if resp.Status == 200 {
			part, sums = d.total, d.digest
		}
		d.check(p, part, sums)
		d.resume()
	}
}

// all replaces all pieces by one, which the answer to p fills.
func (d *download) all(p *piece) *piece {
	for len(d.inFlight) > 0 {
		d.inFlight[0].halt()
	}
	whole := &piece{to: d.total, x: p.x}
	for _, p := range d.pieces {
		whole.damaged = whole.damaged || p.damaged
	}
	d.pieces = []*piece{whole}
	return whole
}

// check verifies a piece by the digests of its parts, each of part bytes.
func (d *download) check(p *piece, part int64, digest string) {
	digester, able := d.c.host.(Digester)
	if able && digest != "" {
		able = digester.SHA256(p.blob, part, func(sums []byte, err error) {
			switch {
			case d.ended:
			case err != nil:
				d.failed(&Error{Class: Unavailable, Code: DownloadMediaErrFailure, Text: "the downloaded data can't be read", Cause: err})
			case reprDigest(sums) != digest:
				d.onCorruptPiece(p)
			default:
				p.verified = true
				d.complete()
			}
		})
		d.c.unverified = !able
	}
	p.verified = !able || digest == ""
	d.complete()
}

func (d *download) wrongLength(status int) {
	text := "the media has another length than its id says"
	d.unavailable(fault{status, textError(text), text})
}

// complete ends the task if all pieces are there and verified.
func (d *download) complete() {
	parts := make([]Blob, len(d.pieces))
	for i, p := range d.pieces {
		if parts[i] = p.blob; !p.verified {
			return
		}
	}
	d.show(d.total)
	if d.ended {
		return // the listener canceled the task
	}
	d.end()
	d.done(d.c.host.Join(parts, d.mime), nil)
}

// onCorruptPiece handles a piece that differs from the gateway's file. It is fetched once more.
func (d *download) onCorruptPiece(p *piece) {
	if p.damaged {
		cause := textError("the downloaded data does not match the gateway's digest")
		d.failed(&Error{Class: Unavailable, Code: DownloadMediaErrFailure, Text: string(cause), Cause: cause})
		return
	}
	d.c.log(LogInfo, "downloaded data does not match the gateway's digest, trying again")
	p.damaged, p.blob, p.loaded, p.x = true, nil, 0, nil
	d.resume()
}

// cancelled implements transfer.
func (d *download) cancelled() {}

// doubt implements transfer.
func (d *download) doubt() {}
