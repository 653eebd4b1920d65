package natsengine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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
	// Half the reserve: uploads stop first. Sessions cannot stop, so they may use the rest.
	e.mailReserve = &diskspace.Reserve{Dir: e.opts.Dir, Bytes: e.opts.MinFree / 2, Full: mailbox.ErrStorageFull}
	return err
}

var (
	errNotStored = errors.New("natsengine: a message was not stored in time") // it may be stored, with a late answer
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

// storedAt decodes a stream's acknowledgement.
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

// mayBeStored reports whether a stream may have a message in spite of an error of storedAt. A
// leader that cannot write reports an error, but the other servers may have the message.
func mayBeStored(err error) bool {
	return errors.Is(err, errNotStored) || errorCode(err) == codeStoreFailure && !reachedLimit(err, limitPerSubject)
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

// NotifyMail implements mailbox.Store. It sends an empty message, which is not a frame.
func (e *Engine) NotifyMail(user id.User) error {
	if e.embedded != nil {
		e.peers.send(user, nil, "")
		return nil
	}
	if err := e.nc.Publish(peerSubject+userKey(user), nil); err != nil {
		return fmt.Errorf("natsengine: notify of an offline message: %w", err)
	}
	return nil
}

// Default quotas of offline messages: see Options.
const (
	DefaultUserMail = 10_000
	DefaultAppMail  = 1_000_000
)

// Two streams count the quotas of offline messages. For each message, each stream has an empty
// message, its claim, under a subject of the sender or of the app. A stream holds no more than the
// quota under one subject, and refuses more. So all gateways together cannot exceed it, and nobody
// counts. A claim lives as long as its message can, even if the message is fetched earlier. If it
// is certain that a message was not stored, its claims are given back.
const (
	userQuotaStream  = "RTM_MAIL_USERS"
	userQuotaSubject = "rtm.mailuser."
	appQuotaStream   = "RTM_MAIL_APPS"
	appQuotaSubject  = "rtm.mailapp."
)

// claim is what a message needs from one quota.
type claim struct {
	stream, subject string
	full            error // error if the quota is used up
}

// claimed is a claim that a message has.
type claimed struct {
	stream   string
	sequence uint64
}

// claims returns the quotas that a message of a user counts for, in the order in which they are
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

// claim claims each quota. It calls done with the claims, which it appends to held. If a quota is used
// up, it gives all claims back, also those in held, and calls done with the error. A claim whose
// answer comes too late is given back too.
func (e *Engine) claim(all []claim, held []claimed, done func([]claimed, error)) error {
	if len(all) == 0 {
		done(held, nil)
		return nil
	}
	answered := func(m *nats.Msg) {
		sequence, err := storedAt(m)
		if reachedLimit(err, limitPerSubject) {
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

// giveBack removes claims. A claim that cannot be removed now expires when it is as old as a
// message can be.
func (e *Engine) giveBack(held []claimed) {
	for _, c := range held {
		request := fmt.Appendf(nil, `{"seq":%d,"no_erase":true}`, c.sequence)
		_ = e.nc.Publish(deleteMessage+c.stream, request)
	}
}

// deleteMessage is the subject of JetStream's requests to delete a message, before the stream's
// name.
const deleteMessage = "$JS.API.STREAM.MSG.DELETE."
