package media

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
)

// Gateways lets the Handlers of several gateways on one store ask each other about the requests
// that are adding to uploads. What they say is this package's own affair.
type Gateways interface {
	// Listen calls h for each question to a gateway, and for all news, as long as there is a
	// connection. h must not block; it may answer later, and does not answer news.
	Listen(gatewayID string, h func(question []byte, answer func([]byte))) error

	// Ask waits for a gateway's answer until ctx ends. It returns ErrGatewayGone when nothing is
	// heard of the gateway for a second or two, or once more for half a second.
	Ask(ctx context.Context, gatewayID string, question []byte) (answer []byte, err error)

	// TellAll tells all gateways, this one included, if they can be reached now.
	TellAll(news []byte) error
}

// ErrGatewayGone means that a gateway has ended, or died.
var ErrGatewayGone = errors.New("media: the gateway is gone")

// headTimeout bounds the wait for another gateway's answer to HEAD, of which a client asks many.
const headTimeout = 1100 * time.Millisecond

// question is what gateways ask and tell each other.
type question struct {
	// App and Key name an upload. Its request is to let go if LetGo is set; the answer comes
	// when it has, and all that arrived is kept. Otherwise the answer says what has arrived.
	App   string `json:"app,omitempty"`
	Key   string `json:"key,omitempty"`
	LetGo bool   `json:"letGo,omitempty"`

	// Ended is a session that has ended, of which From tells.
	Ended string `json:"ended,omitempty"`
	From  string `json:"from,omitempty"`
}

// answer is what has arrived of an upload, stored or not; 0 if no request is adding to it. A
// gateway that is checking the content does not let go: the outcome is for all.
type answer struct {
	Arrived      int64 `json:"arrived"`
	BeingChecked bool  `json:"beingChecked,omitempty"`
}

// asked answers other gateways.
func (h *Handler) asked(data []byte, reply func([]byte)) {
	var q question
	switch err := json.Unmarshal(data, &q); {
	case err != nil: // of a gateway with another version
	case q.Ended != "" && q.From != h.store.Gateway():
		go h.sessionEndedElsewhere(q.Ended)
	case q.Ended != "":
	case !ValidKey(q.Key): // of a gateway with another version, too
	case q.LetGo:
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), lockTimeout)
			defer cancel()
			if h.locks.clear(ctx, KeyID(q.Key)) == nil {
				reply(encode(answer{BeingChecked: h.store.BeingChecked(Ref{App: q.App, Key: q.Key})}))
			}
		}()
	default:
		reply(encode(answer{Arrived: h.arriving.find(Ref{App: q.App, Key: q.Key}).soFar()}))
	}
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // no field can fail
	}
	return data
}

// elsewhere reports whether another gateway is adding to an upload, or was when it died.
func (h *Handler) elsewhere(info Info) bool {
	return h.config.Gateways != nil && info.Gateway != "" && info.Gateway != h.store.Gateway()
}

// evict makes a request at another gateway let go of an upload, and returns what is stored then.
// The caller holds the upload's lock here. A gateway that is gone is passed over: whoever then
// changes the record first has the upload.
func (h *Handler) evict(ctx context.Context, info Info) (Info, error) {
	if !h.elsewhere(info) {
		return info, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	data, err := h.config.Gateways.Ask(ctx, info.Gateway, encode(question{App: info.App, Key: info.Key, LetGo: true}))
	var a answer
	switch {
	case err == nil && json.Unmarshal(data, &a) == nil && a.BeingChecked:
		return Info{}, ErrBeingChecked
	case errors.Is(err, ErrGatewayGone):
		h.config.Logger.InfoContext(ctx, "media: a gateway that had an upload is gone: going on without it", "key", info.Key, "gone", info.Gateway)
	case ctx.Err() != nil:
		return Info{}, handler.ErrFileLocked
	case err != nil:
		return Info{}, err
	}
	return h.store.Info(ctx, info.App, info.Key)
}

// arrivedElsewhere is how much of an upload has arrived at another gateway, stored or not, and
// what is stored as far as this one knows. What the other does not tell in time is not known.
func (h *Handler) arrivedElsewhere(ctx context.Context, info Info) (Info, int64) {
	if !h.elsewhere(info) {
		return info, 0
	}
	soon, cancel := context.WithTimeout(ctx, headTimeout)
	defer cancel()
	data, err := h.config.Gateways.Ask(soon, info.Gateway, encode(question{App: info.App, Key: info.Key}))
	var a answer
	if err == nil && json.Unmarshal(data, &a) == nil && a.Arrived > 0 {
		return info, a.Arrived
	}
	if now, err := h.store.Info(ctx, info.App, info.Key); err == nil { // its request may have just ended
		return now, 0
	}
	return info, 0
}

// tellEnded has other gateways end what they do for a session.
func (h *Handler) tellEnded(sessionID string) {
	if h.config.Gateways == nil {
		return
	}
	if err := h.config.Gateways.TellAll(encode(question{Ended: sessionID, From: h.store.Gateway()})); err != nil {
		h.config.Logger.Warn("media: cannot tell other gateways that a session has ended", "error", err)
	}
}
