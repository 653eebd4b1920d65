package rest

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"rtmwasm/core"
	"rtmwasm/core/imagesize"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/media"
	"rtmwasm/gateway/mediaurl"
)

// mediaView is a file as callers see it.
type mediaView struct {
	MediaID   string `json:"media_id"`
	Type      string `json:"type"` // IMAGE or FILE
	UserID    string `json:"user_id"`
	FileName  string `json:"file_name"`
	Size      int64  `json:"size"`
	Width     uint32 `json:"width"`
	Height    uint32 `json:"height"`
	CreatedMs int64  `json:"created_ms"`
	ExpiresMs int64  `json:"expires_ms"`
}

type mediaAnswer struct {
	result
	Media mediaView `json:"media"`
}

// Types of media messages.
const (
	imageType = "IMAGE"
	fileType  = "FILE"
)

// viewMedia describes a file. A file is a picture if it has a width and a height.
func (h *Handler) viewMedia(r *http.Request, info media.Info) (mediaView, error) {
	v := mediaView{
		Type: fileType, UserID: info.UID, FileName: info.FileName(), Size: info.Size,
		CreatedMs: info.Created.UnixMilli(), ExpiresMs: info.Expires.UnixMilli(),
	}
	var err error
	if v.Width, v.Height, err = h.config.Media.PictureSize(r.Context(), info.App, info.Key); err != nil {
		return v, mediaFailure(err)
	}
	if v.Width > 0 {
		v.Type = imageType
	}
	v.MediaID = core.MediaID(info.Key, info.Size, v.Type == imageType, v.Width, v.Height)
	return v, nil
}

// uploadMedia stores the body as a file of a user.
func (h *Handler) uploadMedia(r *http.Request, c *call) (any, error) {
	q := r.URL.Query()
	c.from = q.Get("user_id")
	name := q.Get("file_name")
	switch {
	case h.config.Media == nil:
		return nil, notKept
	case r.ContentLength < 0:
		return nil, lengthNeeded
	case r.ContentLength == 0:
		return nil, invalid("the body is empty: it must be the file")
	case r.ContentLength > core.MaxMediaBytes:
		return nil, fileTooLarge
	case len(name) > core.MaxMediaURLName || !utf8.ValidString(name):
		return nil, invalid("file_name may have %d bytes of UTF-8", core.MaxMediaURLName)
	}
	if err := checkID("user_id", c.from); err != nil {
		return nil, err
	}
	who := media.Principal{App: c.app, UID: c.from}
	info, err := h.config.Media.Put(r.Context(), who, name, r.ContentLength, c.stalling(r))
	if err != nil {
		return nil, mediaFailure(err)
	}
	_ = c.control.SetWriteDeadline(time.Now().Add(answerTime)) // fails only where the connection is gone
	v, err := h.viewMedia(r, info)
	if err != nil { // the caller will try again
		return nil, errors.Join(err, h.config.Media.Remove(context.WithoutCancel(r.Context()), c.app, info.Key))
	}
	c.to = v.MediaID
	return mediaAnswer{c.succeeded(), v}, nil
}

// bodyStall is how long a caller may send no byte of a file. answerTime is how long the answer may take.
const (
	bodyStall  = 30 * time.Second
	answerTime = time.Minute
)

// stalling returns a request's body that may take any time, as long as bytes arrive. After its end, the
// answer may take as long as a check of the file.
func (c *call) stalling(r *http.Request) io.Reader {
	return &stallingBody{Reader: r.Body, left: r.ContentLength, control: c.control}
}

type stallingBody struct {
	io.Reader
	left    int64
	control *http.ResponseController
}

func (b *stallingBody) Read(p []byte) (int, error) {
	now := time.Now()
	_ = b.control.SetReadDeadline(now.Add(bodyStall)) // fails only if the connection is closed
	_ = b.control.SetWriteDeadline(now.Add(bodyStall + answerTime))
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left <= 0 {
		_ = b.control.SetWriteDeadline(time.Time{})
	}
	return n, err
}

// findMedia finds the file that a media id names.
func (h *Handler) findMedia(r *http.Request, c *call, id string) (media.Info, error) {
	if h.config.Media == nil {
		return media.Info{}, notKept
	}
	c.to = cmp.Or(c.to, id)
	info, err := h.config.Media.Find(r.Context(), c.app, core.MediaKey(id))
	return info, mediaFailure(err)
}

func (h *Handler) getMedia(r *http.Request, c *call) (any, error) {
	info, err := h.findMedia(r, c, c.media)
	if err != nil {
		return nil, err
	}
	v, err := h.viewMedia(r, info)
	if err != nil {
		return nil, err
	}
	return mediaAnswer{c.succeeded(), v}, nil
}

func (h *Handler) deleteMedia(r *http.Request, c *call) (any, error) {
	info, err := h.findMedia(r, c, c.media)
	if err == nil {
		err = mediaFailure(h.config.Media.Remove(r.Context(), c.app, info.Key))
	}
	if err != nil {
		return nil, err
	}
	return c.succeeded(), nil
}

// makeMediaURL makes a URL that needs no credential.
func (h *Handler) makeMediaURL(r *http.Request, c *call) (any, error) {
	body, err := readOptionalBody(r)
	if err != nil {
		return nil, err
	}
	lifetime, err := body.seconds("expires_in", core.MediaLifetime, core.MediaURLLifetime)
	if err != nil {
		return nil, err
	}
	download, err := body.optional("download")
	if err != nil {
		return nil, err
	}
	if err := mediaurl.CheckDownload(download); err != nil {
		return nil, invalid("%v", err)
	}
	info, err := h.findMedia(r, c, c.media)
	if err != nil {
		return nil, err
	}
	path, err := h.config.Media.URL(r.Context(), c.app, info.Key, lifetime, download)
	if err != nil {
		return nil, mediaFailure(err)
	}
	return struct {
		result
		Path string `json:"path"`
	}{c.succeeded(), path}, nil
}

// readOptionalBody is readBody for a body that may be absent.
func readOptionalBody(r *http.Request) (fields, error) {
	if r.ContentLength == 0 {
		return fields{}, nil
	}
	return readBody(r)
}

// sendMedia sends a stored file as an IMAGE or FILE message.
func (h *Handler) sendMedia(r *http.Request, c *call) (any, error) {
	wait, err := parseFlag("wait_for_ack", r.URL.Query().Get("wait_for_ack"))
	if err != nil {
		return nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	receiver := destinationField
	if body.has(channelField) {
		receiver = channelField
		if body.has(destinationField) {
			return nil, invalid("destination and channel_name exclude each other")
		}
	}
	m, err := readEnvelope(c, body, receiver)
	if err != nil {
		return nil, err
	}
	if m.message, err = h.readMedia(r, c, body); err != nil {
		return nil, err
	}
	code := codeSent
	if receiver == channelField {
		err = h.sender.toChannel(r.Context(), m)
	} else if m.offline, err = body.flag("enable_offline_messaging"); err == nil {
		code, err = h.sender.toPeer(r.Context(), m, wait)
	}
	if err != nil {
		return nil, err
	}
	return sent{c.succeeded(), code}, nil
}

// readMedia makes the message of a file. Values that the body does not give are those of the file.
func (h *Handler) readMedia(r *http.Request, c *call, body fields) (*wire.Message, error) {
	id, err := body.text("media_id")
	if err != nil {
		return nil, err
	}
	info, err := h.findMedia(r, c, id)
	if err != nil {
		return nil, err
	}
	v, err := h.viewMedia(r, info)
	if err != nil {
		return nil, err
	}
	kind, err := body.optional("type")
	if err != nil {
		return nil, err
	}
	m := &wire.Message{Type: wire.Message_FILE, MediaId: v.MediaID, Size: uint64(v.Size), FileName: v.FileName}
	switch cmp.Or(kind, v.Type) {
	case imageType:
		m.Type, m.Width, m.Height = wire.Message_IMAGE, v.Width, v.Height
	case fileType:
	default:
		return nil, invalid("type must be IMAGE or FILE")
	}
	if body.has("file_name") {
		if m.FileName, err = body.text("file_name"); err != nil {
			return nil, err
		}
	}
	if m.Description, err = body.optional("description"); err != nil {
		return nil, err
	}
	thumbnail, err := body.optional("thumbnail")
	if err == nil {
		m.Thumbnail, err = base64.StdEncoding.DecodeString(thumbnail)
	}
	if err != nil {
		return nil, invalid("thumbnail must be a picture in base64")
	}
	if len(m.Thumbnail) > 0 {
		if m.ThumbnailWidth, m.ThumbnailHeight = imagesize.Read(m.Thumbnail); m.ThumbnailWidth == 0 {
			return nil, invalid("thumbnail must be a picture in base64")
		}
	}
	if n := len(m.FileName) + len(m.Description) + len(m.Thumbnail); n > core.MaxMessageBytes {
		return nil, invalid("file_name, description and thumbnail together have %d bytes, they may have at most %d", n, core.MaxMessageBytes)
	}
	return m, nil
}

// usageView is how much storage files take.
type usageView struct {
	Bytes    int64  `json:"bytes"`
	MaxBytes *int64 `json:"max_bytes"` // null: no bound
}

type usageAnswer struct {
	result
	Usage usageView `json:"usage"`
}

func (h *Handler) getAppUsage(r *http.Request, c *call) (any, error)  { return h.getUsage(r, c, "") }
func (h *Handler) getUserUsage(r *http.Request, c *call) (any, error) { return h.getUsage(r, c, c.uid) }

func (h *Handler) getUsage(r *http.Request, c *call, uid string) (any, error) {
	if h.config.Media == nil {
		return nil, notKept
	}
	bytes, most, err := h.config.Media.Usage(r.Context(), c.app, uid)
	if err != nil {
		return nil, err
	}
	answer := usageAnswer{c.succeeded(), usageView{Bytes: bytes}}
	if most > 0 {
		answer.Usage.MaxBytes = &most
	}
	return answer, nil
}

// Failures of calls about media.
var (
	noMedia      = &failure{status: http.StatusNotFound, code: "not_found", text: "no such media: the id is unknown or the file has expired"}
	lengthNeeded = &failure{status: http.StatusLengthRequired, code: "length_required", text: "the header Content-Length is missing: it must be the size of the file"}
	fileTooLarge = &failure{status: http.StatusRequestEntityTooLarge, code: "too_large", text: "the file is too large: it may have at most 30 MiB"}
	fullMedia    = &failure{status: http.StatusTooManyRequests, code: "quota_exceeded", text: "the quota of the user or of the app is used up: delete files, or wait until older ones expire", retryAfter: 3600}
	noRoom       = &failure{status: http.StatusServiceUnavailable, code: "unavailable", text: "the gateway has no storage for files now: try again later", retryAfter: 60}
	unchecked    = &failure{status: http.StatusServiceUnavailable, code: "unavailable", text: "the file cannot be checked now: try again later", retryAfter: 60}
	busyMedia    = &failure{status: http.StatusServiceUnavailable, code: "unavailable", text: "too many uploads and downloads are running: try again", retryAfter: 1}
)

// mediaFailure returns the answer to an error about media.
func mediaFailure(err error) error {
	var rejected *media.Rejected
	switch {
	case err == nil:
		return nil
	case errors.As(err, &rejected):
		return &failure{status: http.StatusUnprocessableEntity, code: "rejected", text: "the file was rejected: " + strings.TrimSuffix(rejected.Reason, ".")}
	case errors.Is(err, media.ErrQuota):
		return fullMedia
	case errors.Is(err, media.ErrBusy):
		return busyMedia
	case errors.Is(err, media.ErrFull):
		return noRoom
	case errors.Is(err, media.ErrUnchecked):
		return unchecked
	case errors.Is(err, media.ErrCutShort):
		return invalid("the body is incomplete")
	case errors.Is(err, media.ErrNotFound):
		return noMedia
	case errors.Is(err, media.ErrNoURLs):
		return notKept
	}
	return err
}
