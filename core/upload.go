package core

import (
	"strconv"
	"strings"
	"time"

	"rtmwasm/core/imagesize"
)

// createWithBody is the largest upload, in bytes, that always goes out with the request that
// creates it: one round trip. A larger one does where the last went out so fast that this one
// takes no longer than createTime. Otherwise it is created first: then the gateway can be
// asked what has arrived of it.
const (
	createWithBody = 256 << 10
	createTime     = time.Second
)

// decodeTimeout is how long an upload waits for the host to decode a picture whose
// header does not tell its size.
const decodeTimeout = 5 * time.Second

// UploadParams say what an upload is for.
type UploadParams struct {
	// Image asks for the dimensions of the picture.
	Image bool

	// Thumbnail is a small picture that is measured too; nil for none.
	Thumbnail Blob

	// Dimensions in pixels, if the caller knows them; each that is 0 is measured.
	Dimensions

	// Nonce identifies the upload at the gateway, if it is to last longer than the session: 24
	// digits of Base64, as newNonce makes them. Another login, or another program, can continue the
	// upload with the same nonce. The gateway keeps what has arrived, unless the task is canceled.
	// "" is for an upload that ends with the session.
	Nonce string

	// Fault describes a dimension that is not a number. It is reported after the login
	// check. "" means that there is none.
	Fault string
}

// Dimensions of a picture and of its thumbnail, in pixels; 0 is unknown.
type Dimensions struct {
	Width, Height, ThumbnailWidth, ThumbnailHeight uint32
}

// Uploaded is the result of an upload, for its message.
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

	measuring       bool
	measured        bool
	nonce           string // by which the gateway knows a repeated creation again
	key             string // "" until the gateway gave one
	offset          int64  // what the gateway has
	offsetConfirmed bool   // offset is as the gateway told it
	sending         int64  // bytes of the last PATCH, until it is known what came of it
	nameless        bool   // the gateway may have it, though its key is not known
	forgotten       int    // how often the gateway did not know the upload any more
}

// Uploads go out in one PATCH. Where nothing of one arrives, the next has half its size, so
// that whatever on the way breaks or refuses large requests is passed in smaller ones, and
// little is sent twice. They grow again while each takes less than quickSend.
const (
	smallestSend = MinMediaAppendBytes
	quickSend    = 5 * time.Second
)

// maxForgotten is how often an upload begins again because the gateway lost it.
const maxForgotten = 3

// Upload stores src at the gateway (API 7.1). progress and done are called later. Only if
// the call is refused at once, done is called before Upload returns.
func (c *Client) Upload(src Blob, params UploadParams, progress func(current, total int64), done func(*Uploaded, *Error)) *Task {
	defer c.enter().exit()
	done, progress = laterWith(c, done), c.pausing(progress)
	lasting := params.Nonce != ""
	u := &upload{src: src, params: params, done: done, nonce: params.Nonce, nameless: lasting}
	u.Task = &Task{
		c: c, codes: &uploadCodes, transfer: u, total: src.Size(), progress: progress, lasting: lasting,
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
	case u.params.Fault != "":
		return invalid(u.params.Fault)
	case u.total == 0:
		return invalid("payload is empty")
	}
	return nil
}

// step implements transfer.
func (u *upload) step() {
	if len(u.inFlight) > 0 {
		return
	}
	switch {
	case u.measuring:
	case !u.measured:
		u.measure()
	case u.key == "":
		u.create()
	case !u.offsetConfirmed:
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

// doubt implements transfer: a request can fail, or hang, because the file was removed or
// made shorter. The last byte tells.
func (u *upload) doubt() {
	u.src.Read(u.total-1, u.total, func(last []byte, err error) {
		if err == nil && len(last) == 0 {
			err = textError("NotReadableError: the file is shorter than it was")
		}
		if err != nil && !u.ended {
			u.unreadable(err)
		}
	})
}

func (u *upload) create() {
	first := u.nonce == ""
	if first {
		u.nonce = newNonce()
	}
	nonce := u.nonce
	r := creation(u.total, nonce, u.lasting)
	begun := now()
	x := &mediaAttempt{limit: u.soon(), smaller: func() bool { return r.Body != nil }, late: func(resp *HTTPResponse) { u.createdLate(resp, nonce) }}
	x.answered = func(resp *HTTPResponse) {
		if r.Body != nil && resp.Status == 201 {
			u.c.sentIn(u.total, since(begun))
		}
		u.created(resp, r.Body == nil)
	}
	u.show(0)
	if u.ended {
		return // the listener cancelled
	}
	large := u.total > createWithBody
	if first && (!large || u.total <= u.c.createMost && u.c.sendSize == 0) { // the gateway may have got some of it: a repeated creation tells
		r.Body = u.src
		x.limit = MediaSilenceLimit
		r.Header = append(r.Header, [2]string{"Content-Type", "application/offset+octet-stream"})
		x.progress = u.sent
	}
	u.exchange(r, x)
	if large && r.Body != nil {
		u.createInTime(x)
	}
}

// createInTime gives up a creation with a large body that takes longer than was thought. The
// creation that is repeated tells what has arrived.
func (u *upload) createInTime(x *mediaAttempt) {
	u.sending, u.nameless = u.total, true
	x.late = nil // it is aborted: its body would go on to use up the line
	stop := u.c.host.AfterFunc(2*createTime, func() { x.giveUp("the network has become slower") })
	x.ended = func() {
		stop()
		u.c.createMost = 0 // until an answer says otherwise
	}
}

// sentIn notes how long a request with so many bytes took.
func (c *Client) sentIn(bytes int64, took time.Duration) {
	if bytes >= createWithBody {
		c.createMost = bytes * int64(createTime) / int64(max(took, 1))
	}
}

// creation is the request that creates an upload. Repeated with the same nonce, it is answered
// with the same upload.
func creation(size int64, nonce string, lasting bool) *HTTPRequest {
	metadata := "nonce " + nonce
	if lasting {
		metadata += ",lasting"
	}
	return &HTTPRequest{Method: "POST", Header: [][2]string{
		{"Upload-Length", strconv.FormatInt(size, 10)},
		{"Upload-Metadata", metadata},
	}}
}

// created hears the answer to a creation; empty tells that nothing was sent with it.
func (u *upload) created(resp *HTTPResponse, empty bool) {
	key := createdKey(resp)
	switch {
	case resp.Status == 413:
		u.tooLarge(resp)
	case key == "":
		u.refused(resp)
	default:
		u.key, u.nameless = key, false
		if empty && resp.Header("Upload-Offset") == "" {
			u.has(0) // tus does not ask for the header then
			return
		}
		u.hasOffset(resp)
	}
}

func (u *upload) tooLarge(resp *HTTPResponse) {
	f := statusFault(resp, true)
	u.failed(&Error{Class: LimitExceeded, Code: UploadMediaErrSizeOverflow, Text: "the gateway takes no payload of this size", ServerCode: 413, Cause: f.cause})
}

// createdLate hears that an upload was made which the task did not wait for. Its request
// was let go on, because only the answer tells what to remove if nobody wants it any
// more. A task that goes on repeats the creation, and is told the same upload.
func (u *upload) createdLate(resp *HTTPResponse, nonce string) {
	if !u.lasting && (u.ended && u.key == "" || nonce != u.nonce) {
		u.c.discard(&discarding{key: createdKey(resp)})
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

// sendRest sends what the gateway does not have, all of it in one request if that may be.
func (u *upload) sendRest() {
	u.offsetConfirmed = false // until the answer says so
	c, base, end := u.c, u.offset, u.total
	if c.sendSize > 0 {
		end = min(end, base+c.sendSize)
	}
	size := end - base
	u.sending = size
	begun := now()
	x := &mediaAttempt{
		limit:    MediaUselessLimit, // asking gives it up sooner
		progress: func(n int64) { u.sent(base + n) },
		answered: func(resp *HTTPResponse) {
			switch n, ok := u.offsetIn(resp); {
			case ok && resp.Status == 204 && n <= base: // don't hurry
				u.shrinkSend()
				f := statusFault(resp, true)
				f.text = "something before the gateway takes the body of requests and does not pass it on"
				u.retryLater(f)
				return
			case since(begun) < quickSend:
				c.growSend()
			}
			if resp.Status == 204 {
				c.sentIn(size, since(begun))
			}
			u.offsetTold(resp)
		},
		smaller: func() bool {
			c.sendMost, c.sendSize = size/2, size/2
			u.offsetConfirmed = true // nothing of it was taken
			return size > smallestSend
		},
	}
	u.exchange(&HTTPRequest{
		Method: "PATCH", URL: u.key, Body: u.src.Slice(base, end),
		Header: [][2]string{
			{"Upload-Offset", strconv.FormatInt(base, 10)},
			{"Content-Type", "application/offset+octet-stream"},
		},
	}, x)
	u.ask(x, base)
}

// shrinkSend makes the next PATCH smaller than the last, of which nothing arrived.
func (u *upload) shrinkSend() {
	if u.sending > smallestSend {
		u.c.sendSize = max(u.sending/2, smallestSend)
		u.sending = 0
	}
}

// growSend makes the next PATCH larger, after a quick one.
func (c *Client) growSend() {
	if c.sendSize *= 2; c.sendSize > MaxMediaBytes {
		c.sendSize = 0 // no bound
	}
	if c.sendMost > 0 && (c.sendSize == 0 || c.sendSize > c.sendMost) {
		c.sendSize = c.sendMost
	}
}

func (u *upload) askOffset() {
	u.exchange(&HTTPRequest{Method: "HEAD", URL: u.key}, &mediaAttempt{limit: u.soon(), answered: u.offsetTold})
}

// offsetTold hears the answer to PATCH or HEAD. Where the gateway no longer has the
// upload it begins again.
func (u *upload) offsetTold(resp *HTTPResponse) {
	switch resp.Status {
	case 200, 204:
		u.hasOffset(resp)
	case 404, 410:
		if u.forgotten++; u.forgotten > maxForgotten {
			u.refused(resp)
			return
		}
		u.nonce, u.key, u.offset, u.sending, u.confirmed = u.params.Nonce, "", 0, 0, 0
		u.retryLater(statusFault(resp, true))
	case 413:
		u.tooLarge(resp)
	default:
		u.refused(resp)
	}
}

// offsetIn is the offset that an answer tells.
func (u *upload) offsetIn(resp *HTTPResponse) (n int64, ok bool) {
	n, rest, ok := cutNumber(resp.Header("Upload-Offset"))
	return n, ok && rest == "" && n <= u.total
}

// hasOffset takes the gateway's word for what it has.
func (u *upload) hasOffset(resp *HTTPResponse) {
	n, ok := u.offsetIn(resp)
	if !ok {
		f := statusFault(resp, true)
		f.text += " and no Upload-Offset"
		u.retryLater(f)
		return
	}
	u.has(n)
}

func (u *upload) has(n int64) {
	if n <= u.offset {
		u.shrinkSend()
	}
	u.offsetConfirmed, u.offset, u.sending = true, n, 0
	u.confirm(n)
	u.step()
}

// sent shows progress as the browser tells it, which counts what it gave to the network.
// It runs ahead of what the gateway confirmed by an eighth at most, so that the rest is
// not shown all at once where the network only takes the bytes and keeps them.
//
// A byte that was never sent before is progress, because the gateway may not be able to
// tell: HEAD may be refused, or be answered late. There are only as many as the file has.
func (u *upload) sent(n int64) {
	if n > u.sentMost {
		u.sentMost, u.lastProgressAt = n, now()
	}
	u.show(min(n, u.total-1, u.confirmed+max(createWithBody, u.total/8)))
}

func (u *upload) complete() {
	u.show(u.total)
	if u.ended {
		return // the listener cancelled
	}
	u.end()
	p := &u.params
	u.done(&Uploaded{MediaID: MediaID(u.key, u.total, p.Image, p.Width, p.Height), Dimensions: p.Dimensions}, nil)
}

// cancelled implements transfer.
func (u *upload) cancelled() {
	u.lasting = false // a creation that is answered late is removed
	if u.key != "" || u.nameless {
		u.c.discard(&discarding{key: u.key, nonce: u.nonce})
	}
}
