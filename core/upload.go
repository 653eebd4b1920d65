package core

import (
	"strconv"
	"strings"
	"time"

	"rtmwasm/core/imagesize"
)

// createWithBody is the largest upload, in bytes, that is always sent with the request that
// creates it, which saves a round trip. A larger upload is sent so, too, if by the speed of the last
// one it takes at most createTime. Otherwise the upload is created first, so that the client can ask
// the gateway how much has arrived.
const (
	createWithBody = 256 << 10
	createTime     = time.Second
)

// decodeTimeout is how long an upload waits for the host to decode a picture whose
// header does not tell its size.
const decodeTimeout = 5 * time.Second

// UploadParams are the parameters of an upload.
type UploadParams struct {
	// Image asks for the dimensions of the picture.
	Image bool

	// Thumbnail is a small picture that is measured, too. It may be nil.
	Thumbnail Blob

	// Dimensions in pixels, if the caller knows them. Those that are 0 are measured.
	Dimensions

	// Nonce identifies the upload at the gateway, if it is to last longer than the session: 24
	// digits of Base64, as newNonce makes them. Another login, or another program, can continue the
	// upload with the same nonce. The gateway keeps what has arrived, unless the task is canceled.
	// "" means that the upload ends with the session.
	Nonce string

	// Fault describes a dimension that is not a number. It is reported after the login
	// check. "" means that there is no fault.
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

// upload is a tus 1.0 upload. It creates the upload and then sends the bytes that the gateway does
// not have. If it is not sure which those are, it asks for the offset.
type upload struct {
	*Task
	src    Blob
	params UploadParams
	done   func(*Uploaded, *Error)

	measuring       bool
	measured        bool
	nonce           string // with which the gateway recognises a repeated creation
	key             string // "" until the gateway has answered
	offset          int64  // bytes that the gateway has
	offsetConfirmed bool   // offset comes from the gateway's last answer
	sending         int64  // bytes of the last PATCH, until its outcome is known
	nameless        bool   // the gateway may have the upload, but its key is not known
	forgotten       int    // how often the gateway did not have the upload any more
}

// An upload is sent in one PATCH. If no byte of it arrives, the next PATCH has half the size: some
// proxies break or refuse large requests, and less is sent twice. The size grows again while each PATCH
// takes less than quickSend.
const (
	smallestSend = MinMediaAppendBytes
	quickSend    = 5 * time.Second
)

// maxForgotten is how often an upload begins again because the gateway lost it.
const maxForgotten = 3

// Upload stores src at the gateway (API 7.1). It calls progress and done later. Only if
// the call is refused at once, it calls done before it returns.
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

// measure fills in the dimensions that were not given. It measures the two pictures separately, so
// that an unreadable one does not hide the size of the other.
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

// askDecodedSize calls done with 0, 0 if the host cannot decode the picture or takes too long: an
// upload does not fail because its picture cannot be measured.
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

// doubt implements transfer. A request can fail or stall because the file was removed or became
// shorter: reading the last byte shows it.
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
	if first && (!large || u.total <= u.c.createMost && u.c.sendSize == 0) { // the gateway may have some bytes: the repeated creation returns the offset
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

// createInTime aborts a creation with a large body that takes longer than expected. The repeated
// creation returns how much has arrived.
func (u *upload) createInTime(x *mediaAttempt) {
	u.sending, u.nameless = u.total, true
	x.late = nil // so that it is aborted: otherwise its body would still use bandwidth
	stop := u.c.host.AfterFunc(2*createTime, func() { x.giveUp("the network has become slower") })
	x.ended = func() {
		stop()
		u.c.createMost = 0 // until an answer says otherwise
	}
}

// sentIn notes how long a request with this number of bytes took.
func (c *Client) sentIn(bytes int64, took time.Duration) {
	if bytes >= createWithBody {
		c.createMost = bytes * int64(createTime) / int64(max(took, 1))
	}
}

// creation makes the request that creates an upload. If it is repeated with the same nonce, the answer
// has the same upload.
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

// created handles the answer to a creation. empty says that the creation had no body.
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
			u.has(0) // tus does not require the header in this case
			return
		}
		u.hasOffset(resp)
	}
}

func (u *upload) tooLarge(resp *HTTPResponse) {
	f := statusFault(resp, true)
	u.failed(&Error{Class: LimitExceeded, Code: UploadMediaErrSizeOverflow, Text: "the gateway takes no payload of this size", ServerCode: 413, Cause: f.cause})
}

// createdLate handles the answer to a creation that the task did not wait for. The request was not
// aborted, because its answer has the key, which is needed to remove the upload if the task has ended.
// A task that continues repeats the creation, and gets the same upload.
func (u *upload) createdLate(resp *HTTPResponse, nonce string) {
	if !u.lasting && (u.ended && u.key == "" || nonce != u.nonce) {
		u.c.discard(&discarding{key: createdKey(resp)})
	}
}

// createdKey returns the key of the created upload from a response, or "".
func createdKey(resp *HTTPResponse) string {
	location := resp.Header("Location")
	key := location[strings.LastIndexByte(location, '/')+1:]
	if resp.Status != 201 || len(key) != MediaKeyLength {
		return ""
	}
	return key
}

// sendRest sends the bytes that the gateway does not have, in one request if its size is allowed.
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
		limit:    MediaUselessLimit, // asking may give the request up earlier
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
			u.offsetConfirmed = true // the gateway accepted no byte of it
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

// shrinkSend makes the next PATCH smaller, because no byte of the last one arrived.
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

// offsetTold handles the answer to PATCH or HEAD. If the gateway does not have the upload any more,
// the upload begins again.
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

// offsetIn returns the offset in an answer.
func (u *upload) offsetIn(resp *HTTPResponse) (n int64, ok bool) {
	n, rest, ok := cutNumber(resp.Header("Upload-Offset"))
	return n, ok && rest == "" && n <= u.total
}

// hasOffset sets the offset from the gateway's answer.
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

// sent reports the progress of the browser, which counts bytes that it gave to the network. The
// reported value is at most an eighth ahead of the bytes that the gateway has confirmed: if the network
// buffers a lot, the progress would otherwise stop shortly before the end.
//
// Bytes that were never sent before count as progress, because the gateway's offset may be unknown:
// HEAD may be refused or be answered late. A file has only a limited number of such bytes.
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
	u.lasting = false // so that an upload whose creation is answered late is removed
	if u.key != "" || u.nameless {
		u.c.discard(&discarding{key: u.key, nonce: u.nonce})
	}
}
