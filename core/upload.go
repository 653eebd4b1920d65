package core

import (
	"strconv"
	"strings"
	"time"

	"rtmwasm/core/imagesize"
)

// createWithBody is the largest upload, in bytes, that goes out with the request that
// creates it: one round trip. A larger one is created first, so that what was sent
// of it can be taken up again.
const createWithBody = 256 << 10

// decodeTimeout is how long an upload waits for the host to decode a picture whose
// header does not tell its size.
const decodeTimeout = 5 * time.Second

// UploadParams say what an upload is for.
type UploadParams struct {
	// Image asks for dimensions.
	Image bool

	// Thumbnail is measured too; nil if there is none.
	Thumbnail Blob

	// Dimensions in pixels that the caller gave; each 0 is measured instead.
	Dimensions

	// Defect is a dimension that is no number: reported after the login check. ""
	// where there is none.
	Defect string
}

// Dimensions of a picture and of its thumbnail, in pixels; 0 is unknown.
type Dimensions struct {
	Width, Height, ThumbnailWidth, ThumbnailHeight uint32
}

// Uploaded is what an upload adds to its message.
type Uploaded struct {
	MediaID string
	Dimensions
}

// upload is a tus 1.0 upload: create, then send what the gateway does not have, asking
// it for its offset after any doubt.
type upload struct {
	*Task
	src    Blob
	params UploadParams
	done   func(*Uploaded, *Error)

	measuring bool
	measured  bool
	nonce     string // by which the gateway knows a repeated creation again
	key       string // "" until the gateway gave one
	offset    int64  // what the gateway has
	sure      bool   // offset is as the gateway told it
}

// Upload stores src at the gateway (API 7.1). progress and done are called later,
// except that done is called inside the call where src is refused.
func (c *Client) Upload(src Blob, params UploadParams, progress func(current, total int64), done func(*Uploaded, *Error)) *Task {
	u := &upload{src: src, params: params, done: done}
	u.Task = &Task{
		c: c, codes: &uploadCodes, transfer: u, total: src.Size(), progress: progress,
		fail: func(err *Error) { done(nil, err) },
	}
	if err := u.check(); err != nil {
		u.ended = true
		done(nil, err)
		return u.Task
	}
	c.addTask(u.Task)
	return u.Task
}

func (u *upload) check() *Error {
	invalid := func(text string) *Error {
		return &Error{Class: InvalidArgument, Code: UploadMediaErrInvalidArgument, Text: text}
	}
	switch {
	case u.total > MaxMediaBytes:
		return &Error{Class: LimitExceeded, Code: UploadMediaErrSizeOverflow,
			Text: "payload has " + strconv.FormatInt(u.total, 10) + " bytes; the limit is 31457280 (30 MB)"}
	case !u.c.connected():
		return errNotLoggedIn(UploadMediaErrNotLoggedIn)
	case u.params.Defect != "":
		return invalid(u.params.Defect)
	case u.total == 0:
		return invalid("payload is empty")
	}
	return nil
}

// step implements transfer.
func (u *upload) step() {
	if len(u.under) > 0 {
		return
	}
	switch {
	case u.measuring:
	case !u.measured:
		u.measure()
	case u.key == "":
		u.create()
	case !u.sure:
		u.askOffset()
	case u.offset < u.total:
		u.sendRest()
	default:
		u.complete()
	}
}

// measure fills in the dimensions that were not given. Each is measured by itself, so
// that one unreadable picture does not hide the other's size.
func (u *upload) measure() {
	u.measuring = true
	p := &u.params
	next := func() {
		u.measuring, u.measured = false, true
		u.resume()
	}
	if p.Image && p.Thumbnail != nil && (p.ThumbnailWidth == 0 || p.ThumbnailHeight == 0) {
		last := next
		next = func() { u.measureBlob(p.Thumbnail, &p.ThumbnailWidth, &p.ThumbnailHeight, last) }
	}
	if p.Image && (p.Width == 0 || p.Height == 0) {
		u.measureBlob(u.src, &p.Width, &p.Height, next)
		return
	}
	next()
}

// measureBlob reads a picture's header, or else asks the host, and overwrites each
// dimension that is 0.
func (u *upload) measureBlob(b Blob, width, height *uint32, then func()) {
	fill := func(w, h uint32) {
		if *width == 0 {
			*width = w
		}
		if *height == 0 {
			*height = h
		}
		then()
	}
	var r imagesize.Reader
	var read func()
	read = func() {
		offset, done := r.Next()
		if done {
			if w, h := r.Size(); w > 0 {
				fill(w, h)
			} else {
				u.askDecodedSize(b, fill)
			}
			return
		}
		b.Read(offset, offset+imagesize.WindowSize, func(window []byte, err error) {
			if u.ended {
				return
			}
			if err != nil {
				u.unreadable(err)
				return
			}
			r.Feed(window)
			read()
		})
	}
	read()
}

// askDecodedSize tells 0, 0 where the host does not know either or takes too long: no
// upload fails because its picture cannot be measured.
func (u *upload) askDecodedSize(b Blob, done func(width, height uint32)) {
	told := false
	var stop func()
	tell := func(width, height uint32) {
		if told {
			return
		}
		told = true
		stop()
		if !u.ended {
			done(width, height)
		}
	}
	stop = u.c.host.AfterFunc(decodeTimeout, func() { tell(0, 0) })
	if p, ok := b.(Picture); !ok || !p.DecodedSize(tell) {
		tell(0, 0)
	}
}

func (u *upload) unreadable(err error) {
	u.failed(&Error{Class: Unavailable, Code: UploadMediaErrFailure, Text: "the file can't be read; was it moved or changed?", Cause: err})
}

// checkReadable ends the task if the file is gone: a request that fails without a word may
// have failed for its sake.
func (u *upload) checkReadable() {
	u.src.Read(0, 1, func(_ []byte, err error) {
		if err != nil && !u.ended {
			u.unreadable(err)
		}
	})
}

func (u *upload) create() {
	if u.nonce == "" {
		u.nonce = newNonce()
	} else {
		u.checkReadable()
	}
	nonce := u.nonce
	r := &HTTPRequest{Method: "POST", Header: [][2]string{
		{"Upload-Length", strconv.FormatInt(u.total, 10)},
		{"Upload-Metadata", "nonce " + nonce},
	}}
	x := &exchange{answered: u.created, late: func(resp *HTTPResponse) { u.createdLate(resp, nonce) }}
	if u.total <= createWithBody {
		r.Body = u.src
		r.Header = append(r.Header, [2]string{"Content-Type", "application/offset+octet-stream"})
		x.progress = u.sent
	}
	u.show(0)
	if !u.ended { // the listener may have cancelled
		u.exchange(r, x)
	}
}

func (u *upload) created(resp *HTTPResponse) {
	key := createdKey(resp)
	switch {
	case resp.Status == 413:
		u.failed(&Error{Class: LimitExceeded, Code: UploadMediaErrSizeOverflow, Text: "the gateway takes no payload of this size", ServerCode: 413})
	case resp.Status == 507:
		u.failed(&Error{Class: Unavailable, Code: UploadMediaErrFailure, Text: "what the files of this user or app may take together is used up: there is room when older ones expire", ServerCode: 507})
	case key == "":
		u.refused(resp.Status)
	default:
		u.key = key
		u.hasOffset(resp)
	}
}

// createdLate hears that an upload was made which the task did not wait for. Its request
// was let go on, because only the answer tells what to remove if nobody wants it any
// more. A task that goes on repeats the creation, and is told the same upload.
func (u *upload) createdLate(resp *HTTPResponse, nonce string) {
	if u.ended && u.key == "" || nonce != u.nonce {
		u.c.discard(createdKey(resp))
	}
}

// createdKey is the key of the upload that a response says was created, or "".
func createdKey(resp *HTTPResponse) string {
	location := resp.Header("Location")
	key := location[strings.LastIndexByte(location, '/')+1:]
	if resp.Status != 201 || len(key) != MediaKeyLength {
		return ""
	}
	return key
}

// sendRest sends all that the gateway does not have, in one request.
func (u *upload) sendRest() {
	u.sure = false // until the answer says so
	base := u.offset
	r := &HTTPRequest{
		Method: "PATCH", URL: u.key, Body: u.src.Slice(base, u.total),
		Header: [][2]string{
			{"Upload-Offset", strconv.FormatInt(base, 10)},
			{"Content-Type", "application/offset+octet-stream"},
		},
	}
	u.exchange(r, &exchange{
		progress: func(n int64) { u.sent(base + n) },
		answered: func(resp *HTTPResponse) {
			if resp.Status == 204 && resp.Header("Upload-Offset") == strconv.FormatInt(base, 10) {
				u.again() // something on the way swallowed the body: don't hurry
				return
			}
			u.offsetTold(resp)
		},
	})
}

func (u *upload) askOffset() {
	u.checkReadable()
	u.exchange(&HTTPRequest{Method: "HEAD", URL: u.key}, &exchange{answered: u.offsetTold})
}

// offsetTold hears the answer to PATCH or HEAD. Where the gateway no longer has the
// upload it begins anew.
func (u *upload) offsetTold(resp *HTTPResponse) {
	switch resp.Status {
	case 200, 204:
		u.hasOffset(resp)
	case 404, 410:
		u.nonce, u.key, u.offset = "", "", 0
		u.again()
	default:
		u.refused(resp.Status)
	}
}

// hasOffset takes the gateway's word for what it has.
func (u *upload) hasOffset(resp *HTTPResponse) {
	n, rest, ok := cutNumber(resp.Header("Upload-Offset"))
	u.sure = ok && rest == "" && n <= u.total
	if u.sure {
		u.offset = n
	} else if resp.Status == 201 && u.total > createWithBody {
		u.sure = true // created empty; tus does not ask for the header then
	}
	if !u.sure {
		u.again()
		return
	}
	u.step()
}

// sent shows progress, all but the last byte of which is a guess: the browser counts
// what it gave to the network.
func (u *upload) sent(n int64) { u.show(min(n, u.total-1)) }

func (u *upload) complete() {
	u.show(u.total)
	if u.ended {
		return // the listener cancelled
	}
	u.end()
	p := &u.params
	u.done(&Uploaded{MediaID: mediaID(u.key, u.total, p.Image, p.Width, p.Height), Dimensions: p.Dimensions}, nil)
}

// cancelled implements transfer.
func (u *upload) cancelled() { u.c.discard(u.key) }
