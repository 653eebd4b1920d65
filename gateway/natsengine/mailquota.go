package natsengine

import (
	"errors"
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
// what is stored never exceeds the quota. That a message was fetched earlier does not matter.
const (
	userQuotaStream  = "RTM_MAIL_USERS"
	userQuotaSubject = "rtm.mailuser."
	appQuotaStream   = "RTM_MAIL_APPS"
	appQuotaSubject  = "rtm.mailapp."
)

// claim is a place in a quota that a message needs.
type claim struct {
	subject string
	full    error // there is none
}

// claims are the quotas that a message of a user counts for, in the order in which they are
// claimed.
func (o Options) claims(from gateway.User) (all []claim) {
	if o.UserMail > 0 {
		all = append(all, claim{userQuotaSubject + userKey(from), gateway.ErrUserQuota})
	}
	if o.AppMail > 0 {
		all = append(all, claim{appQuotaSubject + from.App, gateway.ErrAppQuota})
	}
	return all
}

// claim calls done when there was a place in all quotas, or with why there was not.
func (e *Engine) claim(all []claim, done func(error)) error {
	if len(all) == 0 {
		done(nil)
		return nil
	}
	return e.asker.ask(all[0].subject, nil, opTimeout, func(m *nats.Msg) {
		err := kept(m)
		if isOverLimit(err) {
			err = all[0].full
		}
		if err == nil {
			err = e.claim(all[1:], done)
		}
		if err != nil {
			done(err)
		}
	})
}

// isOverLimit reports whether a stream refused a message because of its limit for a subject.
// The code is also that of other failures to store.
func isOverLimit(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == codeStoreFailure && strings.Contains(api.Description, "per subject")
}
