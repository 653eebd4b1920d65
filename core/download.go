package core

import (
	"strconv"
	"time"
)

// What one request asks for is whole parts, so that it can be verified by itself. A
// browser is fastest with large pieces, and tells nothing of their progress then; so a
// piece is as large as pieceTime allows at the speed of the last, and small where that is
// unknown or something broke. A break costs about what a second brought.
const (
	smallestPiece = MediaPartBytes // in bytes
	pieceTime     = time.Second
)

// downloadLanes is how many pieces of a file are under way at once: while one ends, the
// other keeps the network busy.
const downloadLanes = 2

// download fetches media in pieces.
//
// What is verified by what: that a piece is the range asked for, of a file as long as its
// id says, by Content-Range and its size; that all pieces are of one file by Repr-Digest,
// the SHA-256 that the gateway took of the whole while it stored it; that no byte is
// another, by the SHA-256 that the gateway took of each half MiB meanwhile. A piece with
// damage is fetched once more. Where the host can't hash, or the gateway tells
// no digests, the last is left out.
type download struct {
	*Task
	key    string
	pieces []*piece // all of the file, in order
	done   func(Blob, *Error)

	least  int64  // bytes of a piece
	whole  int64  // bytes of an answer that is longer than its piece: all of the file comes
	told   bool   // digest and mime are set
	digest string // Repr-Digest of the whole, "" where the gateway has none
	mime   string // that the Blob gets
}

// piece is a range of the file.
type piece struct {
	from, to int64
	x        *mediaAttempt // nil before the first attempt
	loaded   int64         // bytes of it, while under way
	blob     Blob          // nil until it is there
	verified bool
	damaged  bool // once before
}

// Download fetches the media with the id of a message (API 7.4). progress and done are
// called later. Only if it is refused at once, done is called before Download returns.
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
		lanes, d.least = 1, MediaDigestBytes // less may get through
	}
	for i := 0; i < len(d.pieces) && len(d.inFlight) < lanes; i++ {
		if p := d.pieces[i]; p.blob == nil && (p.x == nil || p.x.over) {
			d.fetch(i)
		}
	}
}

// fetch asks for a piece, or for the first of it where it is larger than it may be now.
func (d *download) fetch(i int) {
	p := d.pieces[i]
	if p.x != nil {
		d.c.pieceSize = 0
	}
	share := d.total
	if !d.c.unverified { // two pieces are verified side by side; to fetch all at once costs less
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
		p.x.limit = max(d.soon(), 3*d.c.pieceTook) // the other lane may come to take half of the line
	}
	d.exchange(&HTTPRequest{
		Method: "GET", URL: d.key, WantBody: true, NoProgress: noProgress,
		Header: [][2]string{{"Range", "bytes=" + span}},
	}, p.x)
}

// tell shows what is there and what is coming; the total is for the end. Progress is what
// is there, and what has never come so far before.
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
	case resp.Status == 200 && resp.Body != nil && resp.Body.Size() == d.total: // something on the way took Range off
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

// all puts one piece, to be filled by the answer to p, in the place of all others.
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

// complete ends the task if everything is there and good.
func (d *download) complete() {
	parts := make([]Blob, len(d.pieces))
	for i, p := range d.pieces {
		if parts[i] = p.blob; !p.verified {
			return
		}
	}
	d.show(d.total)
	if d.ended {
		return // the listener cancelled
	}
	d.end()
	d.done(d.c.host.Join(parts, d.mime), nil)
}

// onCorruptPiece is for a piece that is not what the gateway has: damaged on the way, or of
// another file. It is fetched once more.
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
