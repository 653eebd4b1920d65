package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway/diskspace"
	"rtmwasm/gateway/id"
	"rtmwasm/gateway/mailbox"
)

var _ mailbox.Store = (*Engine)(nil)

const (
	mailStream  = "RTM_MAIL"
	mailSubject = "rtm.mail."
)

// openMail opens the stream of offline messages.
func (e *Engine) openMail(ctx context.Context) (err error) {
	e.mail, err = e.js.Stream(ctx, mailStream)
	// Half the reserve: media stops first, and what is left is for what can't stop.
	e.mailReserve = &diskspace.Reserve{Dir: e.opts.Dir, Bytes: e.opts.MinFree / 2, Full: mailbox.ErrStorageFull}
	return err
}

var (
	errNotStored = errors.New("natsengine: a message was not stored in time") // or it was, and the answer is late
	errNoServer  = errors.New("natsengine: no NATS server stores this now")
)

// AppendMail implements mailbox.Store.
func (e *Engine) AppendMail(user id.User, from string, frame []byte, done func(error)) error {
	if err := e.mailReserve.Check(); err != nil {
		return err
	}
	claims := e.opts.claims(id.User{App: user.App, ID: from})
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
		return 0, errNoServer
	}
	var ack struct {
		Error    *jetstream.APIError `json:"error"`
		Sequence uint64              `json:"seq"`
	}
	if err := json.Unmarshal(m.Data, &ack); err != nil {
		return 0, fmt.Errorf("%w: the answer cannot be read: %w", errNotStored, err)
	}
	if ack.Error != nil {
		return 0, fmt.Errorf("natsengine: store a message: %w", ack.Error)
	}
	return ack.Sequence, nil
}

// mayBeStored reports that a message may be in the stream in spite of an error of storedAt. A
// leader that cannot write says so, and the other servers may have the message.
func mayBeStored(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, errNotStored) || errors.As(err, &api) && api.ErrorCode == codeStoreFailure && !isOverLimit(err)
}

// ReadMail implements mailbox.Store.
func (e *Engine) ReadMail(ctx context.Context, user id.User, after uint64, most int) ([]mailbox.Mail, error) {
	var all []mailbox.Mail
	for len(all) < most {
		m, err := e.nextMail(ctx, mailSubject+userKey(user), after+1)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("natsengine: read offline messages: %w", err)
		}
		after = m.Sequence
		all = append(all, mailbox.Mail{Position: m.Sequence, Frame: m.Data})
	}
	return all, nil
}

func (e *Engine) nextMail(ctx context.Context, subject string, from uint64) (*jetstream.RawStreamMsg, error) {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	return e.mail.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
}

// TruncateMail implements mailbox.Store.
func (e *Engine) TruncateMail(ctx context.Context, user id.User, upTo uint64) error {
	ctx, cancel := context.WithTimeout(ctx, opTimeout)
	defer cancel()
	err := e.mail.Purge(ctx, jetstream.WithPurgeSubject(mailSubject+userKey(user)), jetstream.WithPurgeSequence(upTo+1))
	if err != nil {
		return fmt.Errorf("natsengine: remove offline messages: %w", err)
	}
	return nil
}

// NotifyMail implements mailbox.Store. It sends an empty message, which is no frame.
func (e *Engine) NotifyMail(user id.User) error {
	if e.embedded != nil {
		e.peers.send(user, nil, "")
		return nil
	}
	if err := e.nc.Publish(peerSubject+userKey(user), nil); err != nil {
		return fmt.Errorf("natsengine: tell of an offline message: %w", err)
	}
	return nil
}

// Default quotas of offline messages, see Options.
const (
	DefaultUserMail = 10_000
	DefaultAppMail  = 1_000_000
)

// The quotas of offline messages are kept in two streams. A message is claimed, in each of them,
// by an empty one under the subject of its sender, or of its app. The streams hold no more
// than the quota under one subject and refuse what is over it, so that all gateways together
// cannot exceed it, and nothing is ever counted. A claim lives as long as the message can:
// what is stored never exceeds the quota. That a message was fetched earlier does not matter. When
// it is certain that a message was not stored, its claims are given back.
const (
	userQuotaStream  = "RTM_MAIL_USERS"
	userQuotaSubject = "rtm.mailuser."
	appQuotaStream   = "RTM_MAIL_APPS"
	appQuotaSubject  = "rtm.mailapp."
)

// claim is a place in a quota that a message needs.
type claim struct {
	stream, subject string
	full            error // there is none
}

// claimed is a place that a message has.
type claimed struct {
	stream   string
	sequence uint64
}

// claims are the quotas that a message of a user counts for, in the order in which they are
// claimed.
func (o Options) claims(from id.User) (all []claim) {
	if o.UserMail > 0 && from.ID != "" {
		all = append(all, claim{userQuotaStream, userQuotaSubject + userKey(from), mailbox.ErrUserQuota})
	}
	if o.AppMail > 0 {
		all = append(all, claim{appQuotaStream, appQuotaSubject + from.App, mailbox.ErrAppQuota})
	}
	return all
}

// claim calls done with a place in each quota, behind those in held. Where a quota has none, done
// gets the reason, and all places are given back; one that comes when the time is over, too.
func (e *Engine) claim(all []claim, held []claimed, done func([]claimed, error)) error {
	if len(all) == 0 {
		done(held, nil)
		return nil
	}
	answered := func(m *nats.Msg) {
		sequence, err := storedAt(m)
		if isOverLimit(err) {
			err = all[0].full
		}
		if err == nil {
			held = append(held, claimed{all[0].stream, sequence})
			err = e.claim(all[1:], held, done)
		}
		if err != nil {
			e.giveBack(held)
			done(nil, err)
		}
	}
	late := func(m *nats.Msg) {
		if sequence, err := storedAt(m); err == nil {
			e.giveBack([]claimed{{all[0].stream, sequence}})
		}
	}
	return e.requests.sendLate(all[0].subject, opTimeout, answered, late)
}

// giveBack removes claims. One that cannot be removed now stays until it is as old as a message
// can be.
func (e *Engine) giveBack(held []claimed) {
	for _, c := range held {
		request := fmt.Appendf(nil, `{"seq":%d,"no_erase":true}`, c.sequence)
		_ = e.nc.Publish(deleteMessage+c.stream, request)
	}
}

// deleteMessage is where JetStream takes requests to delete a message, before the stream's name.
const deleteMessage = "$JS.API.STREAM.MSG.DELETE."

// isOverLimit reports whether a stream refused a message because of its limit for a subject.
// The code is also that of other failures to store.
func isOverLimit(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == codeStoreFailure && strings.Contains(api.Description, "per subject")
}
