package natsengine

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Requests for several messages of a stream (NATS ADR-31).
type (
	// lastOfEach requests the last message of each matching subject, at most 1024.
	lastOfEach struct {
		MultiLast []string `json:"multi_last"`
	}

	// nextOf requests messages of matching subjects in their order.
	nextOf struct {
		NextFor   string     `json:"next_by_subj"`
		Batch     int        `json:"batch"`
		Seq       uint64     `json:"seq,omitempty"`
		StartTime *time.Time `json:"start_time,omitempty"`
	}
)

// Statuses of messages that are not part of a batch.
const (
	statusEnd  = "204"
	statusNone = "404"
	statusMany = "413"

	statusNobody = "503" // nobody listens on the subject
	statusTaken  = "408" // other readers of a consumer take all messages
)

// Headers of the message that ends a batch. The client has no names for them.
const (
	pendingHeader = "Nats-Num-Pending"
	upToHeader    = "Nats-UpTo-Sequence"
)

// batchGet reads messages of a stream from any replica. end has the headers of the message that
// ends the batch; it is nil if there was nothing to read. It returns errTooMany if more messages
// match than the server returns.
//
// The same request in package jetstreamext of orbit.go cannot be used. After a timeout it returns
// the messages so far as if they were all. It hides how far the replica is, and it has no error of
// its own for too many results.
func (e *Engine) batchGet(ctx context.Context, stream string, request any) (messages []*nats.Msg, end nats.Header, err error) {
	ctx, span := startNATS(ctx, "nats batch_get", stream)
	defer func() { endNATS(span, err) }()
	body, err := json.Marshal(request)
	if err != nil {
		return nil, nil, err
	}
	sub, err := e.nc.SubscribeSync(e.nc.NewInbox())
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // fails only on a closed connection
	if err := e.nc.PublishRequest("$JS.API.DIRECT.GET."+stream, sub.Subject, body); err != nil {
		return nil, nil, err
	}
	for {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, nil, err
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			messages = append(messages, m)
		case statusEnd:
			return messages, m.Header, nil
		case statusNone:
			return nil, nil, nil
		case statusNobody:
			return nil, nil, nats.ErrNoResponders
		case statusMany:
			return nil, nil, errTooMany
		default:
			return nil, nil, fmt.Errorf("status %s %s", strconv.Quote(status), m.Header.Get("Description"))
		}
	}
}

// storedMessage is a message of a stream. The zero value means no message.
type storedMessage struct {
	sequence uint64
	at       time.Time
	data     []byte
}

// lastMessage reads the last message of a subject from the stream's leader.
func (e *Engine) lastMessage(ctx context.Context, stream, subject string) (_ storedMessage, err error) {
	ctx, span := startNATS(ctx, "nats get_last", stream)
	defer func() { endNATS(span, err) }()
	request, err := json.Marshal(map[string]string{"last_by_subj": subject})
	if err != nil {
		return storedMessage{}, err
	}
	m, err := e.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, request)
	if err != nil {
		return storedMessage{}, err
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Seq  uint64    `json:"seq"`
			Time time.Time `json:"time"`
			Data []byte    `json:"data"`
		} `json:"message"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return storedMessage{}, err
	}
	switch {
	case answer.Error != nil && answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return storedMessage{}, nil
	case answer.Error != nil:
		return storedMessage{}, answer.Error
	}
	return storedMessage{answer.Message.Seq, answer.Message.Time, answer.Message.Data}, nil
}
