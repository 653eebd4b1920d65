package media

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
)

// Gateways lets the Handlers of several gateways with one store ask each other about requests
// that add to uploads. Only this package reads the questions and answers.
type Gateways interface {
	// Listen calls h for each question to a gateway, and for each notice. h must not block. It may
	// answer later, and does not answer a notice.
	Listen(gatewayID string, h func(question []byte, answer func([]byte))) error

	// Ask waits for a gateway's answer until ctx ends. It returns ErrGatewayGone if the gateway does
	// not answer for a second or two. If it did so before, half a second is enough.
	Ask(ctx context.Context, gatewayID string, question []byte) (answer []byte, err error)

	// Broadcast sends a notice to all gateways that can be reached, also to this one.
	Broadcast(notice []byte) error
}

// ErrGatewayGone means that a gateway has ended or died.
var ErrGatewayGone = errors.New("media: the gateway is gone")

// headTimeout is how long to wait for another gateway's answer during HEAD. Clients send HEAD often.
const headTimeout = 1100 * time.Millisecond

// question is what gateways ask and tell each other.
type question struct {
	// App and Key name an upload. If Release is set, the request that adds to it is to release its
	// lock; the answer comes when it has, and all that arrived is stored. Otherwise the answer says what has arrived.
	App     string `json:"app,omitempty"`
	Key     string `json:"key,omitempty"`
	Release bool   `json:"letGo,omitempty"`

	// Ended is a session that has ended, of which From tells.
	Ended string `json:"ended,omitempty"`
	From  string `json:"from,omitempty"`
}

// answer says how many bytes of an upload have arrived, stored or not; 0 if no request adds to it. A
// gateway that is checking the content does not end its request, because the result is for all.
type answer struct {
	Arrived      int64 `json:"arrived"`
	BeingChecked bool  `json:"beingChecked,omitempty"`
}

// asked answers other gateways.
func (h *Handler) asked(data []byte, reply func([]byte)) {
	var q question
	switch err := json.Unmarshal(data, &q); {
	case err != nil: // from a gateway of another version
	case q.Ended != "" && q.From != h.store.Gateway():
		go h.sessionEndedElsewhere(q.Ended)
	case q.Ended != "":
	case !ValidKey(q.Key): // also from a gateway of another version
	case q.Release:
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
		panic(err) // cannot happen with fields of these types
	}
	return data
}

// elsewhere reports whether another gateway adds to an upload, or did so when it died.
func (h *Handler) elsewhere(info Info) bool {
	return h.config.Gateways != nil && info.Gateway != "" && info.Gateway != h.store.Gateway()
}

// evict ends the request of another gateway that adds to an upload, and returns what is stored then.
// The caller holds the upload's lock at this gateway. If the other gateway is gone, evict continues:
// the first gateway that changes the record gets the upload.
func (h *Handler) evict(ctx context.Context, info Info) (Info, error) {
	if !h.elsewhere(info) {
		return info, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	data, err := h.config.Gateways.Ask(ctx, info.Gateway, encode(question{App: info.App, Key: info.Key, Release: true}))
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

// arrivedElsewhere returns how much of an upload has arrived at another gateway, stored or not, and
// what is stored as far as this gateway knows. If the other one does not answer in time, only that counts.
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
	if now, err := h.store.Info(ctx, info.App, info.Key); err == nil { // the request may have ended meanwhile
		return now, 0
	}
	return info, 0
}

// tellEnded makes other gateways end their requests for a session.
func (h *Handler) tellEnded(sessionID string) {
	if h.config.Gateways == nil {
		return
	}
	if err := h.config.Gateways.Broadcast(encode(question{Ended: sessionID, From: h.store.Gateway()})); err != nil {
		h.config.Logger.Warn("media: cannot tell other gateways that a session has ended", "error", err)
	}
}
