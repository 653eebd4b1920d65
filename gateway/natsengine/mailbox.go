package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway"
	"rtmwasm/gateway/diskspace"
)

var _ gateway.Mailbox = (*Engine)(nil)

const (
	mailStream  = "RTM_MAIL"
	mailSubject = "rtm.mail."
)

// openMail opens the stream of offline messages.
func (e *Engine) openMail(ctx context.Context) (err error) {
	e.mail, err = e.js.Stream(ctx, mailStream)
	// Half the reserve: media stops first, and what is left is for what can't stop.
	e.mailReserve = &diskspace.Reserve{Dir: e.opts.Dir, Bytes: e.opts.MinFree / 2, Full: gateway.ErrStorageFull}
	return err
}

var (
	errNotStored    = errors.New("natsengine: a message was not stored in time") // or it was, and the answer is late
	errNoMailServer = errors.New("natsengine: no NATS server stores offline messages now")
)

// AppendMail implements gateway.Mailbox.
func (e *Engine) AppendMail(user gateway.User, from string, frame []byte, done func(error)) error {
	if err := e.mailReserve.Check(); err != nil {
		return err
	}
	claims := e.opts.claims(gateway.User{App: user.App, ID: from})
	err := e.claim(claims, nil, func(held []claimed, err error) {
		settle := func(err error) {
			if err != nil && !mayBeStored(err) {
				e.giveBack(held)
			}
			done(err)
		}
		if err == nil {
			err = e.requests.send(mailSubject+userKey(user), frame, opTimeout, func(m *nats.Msg) {
				_, err := storedAt(m)
				settle(err)
			})
		}
		if err != nil {
			settle(err)
		}
	})
	if err != nil {
		return fmt.Errorf("natsengine: store an offline message: %w", err)
	}
	return nil
}

// storedAt reads a stream's acknowledgement.
func storedAt(m *nats.Msg) (sequence uint64, err error) {
	switch {
	case m == nil:
		return 0, errNotStored
	case isNoResponders(m):
		return 0, errNoMailServer
	}
	var ack struct {
		Error    *jetstream.APIError `json:"error"`
		Sequence uint64              `json:"seq"`
	}
	if err := json.Unmarshal(m.Data, &ack); err != nil {
		return 0, fmt.Errorf("%w: the answer cannot be read: %w", errNotStored, err)
	}
	if ack.Error != nil {
		return 0, fmt.Errorf("natsengine: store an offline message: %w", ack.Error)
	}
	return ack.Sequence, nil
}

// mayBeStored reports that a message may be in the stream in spite of an error of storedAt. A
// leader that cannot write says so, and the other servers may have the message.
func mayBeStored(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, errNotStored) || errors.As(err, &api) && api.ErrorCode == codeStoreFailure && !isOverLimit(err)
}

// ReadMail implements gateway.Mailbox.
func (e *Engine) ReadMail(ctx context.Context, user gateway.User, after uint64, most int) ([]gateway.Mail, error) {
	var all []gateway.Mail
	for len(all) < most {
		m, err := e.nextMail(ctx, mailSubject+userKey(user), after+1)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("natsengine: read offline messages: %w", err)
		}
		after = m.Sequence
		all = append(all, gateway.Mail{Position: m.Sequence, Frame: m.Data})
	}
	return all, nil
}

func (e *Engine) nextMail(ctx context.Context, subject string, from uint64) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	return e.mail.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
}

// TruncateMail implements gateway.Mailbox.
func (e *Engine) TruncateMail(ctx context.Context, user gateway.User, upTo uint64) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	err := e.mail.Purge(ctx, jetstream.WithPurgeSubject(mailSubject+userKey(user)), jetstream.WithPurgeSequence(upTo+1))
	if err != nil {
		return fmt.Errorf("natsengine: remove offline messages: %w", err)
	}
	return nil
}

// NotifyMail implements gateway.Mailbox. It sends an empty message, which is no frame.
func (e *Engine) NotifyMail(user gateway.User) error {
	if err := e.nc.Publish(peerSubject+userKey(user), nil); err != nil {
		return fmt.Errorf("natsengine: tell of an offline message: %w", err)
	}
	return nil
}
