package natsengine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rtmwasm/gateway"
)

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
func (o Options) claims(from gateway.User) (all []claim) {
	if o.UserMail > 0 && from.ID != "" {
		all = append(all, claim{userQuotaStream, userQuotaSubject + userKey(from), gateway.ErrUserQuota})
	}
	if o.AppMail > 0 {
		all = append(all, claim{appQuotaStream, appQuotaSubject + from.App, gateway.ErrAppQuota})
	}
	return all
}

// claim calls done with a place in each quota, behind those in held. Where a quota has none, done
// gets the reason, and all places are given back.
func (e *Engine) claim(all []claim, held []claimed, done func([]claimed, error)) error {
	if len(all) == 0 {
		done(held, nil)
		return nil
	}
	return e.requests.send(all[0].subject, nil, opTimeout, func(m *nats.Msg) {
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
	})
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
