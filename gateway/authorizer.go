package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/token"
)

// Development allows every login and ignores tokens.
type Development struct{}

// Serves returns true: all app ids are served.
func (Development) Serves(string) bool { return true }

// Authorize implements session.Authorizer.
func (Development) Authorize(context.Context, session.Login) (time.Time, *wire.Refusal) {
	return time.Time{}, nil
}

// Apps has the app ids that a gateway serves, and the certificates that sign their tokens. An app
// has several certificates while one is being replaced. An app without a certificate is in App-ID
// mode: anybody may log in, and tokens are refused. The zero value serves no app.
type Apps struct {
	certificates map[string][]string
}

var _ session.Authorizer = (*Apps)(nil)

// Add adds an app. certificate "" means App-ID mode. If the app is there already, it gets another
// certificate. Errors never contain a certificate.
func (a *Apps) Add(app, certificate string) error {
	known, listed := a.certificates[app]
	switch {
	case !core.ValidAppID(app):
		return errors.New("an app id has 32 ASCII letters and digits")
	case certificate != "" && !core.ValidAppID(certificate):
		return fmt.Errorf("the certificate of app %s must have 32 ASCII letters and digits", app)
	case listed && (certificate == "") != (len(known) == 0):
		return fmt.Errorf("app %s is listed with and without a certificate", app)
	}
	if a.certificates == nil {
		a.certificates = map[string][]string{}
	}
	if certificate != "" && !slices.Contains(known, certificate) {
		known = append(known, certificate)
	}
	a.certificates[app] = known
	return nil
}

// Read adds the apps of a list: one app id a line, followed by white space and its certificate. #
// begins a comment.
func (a *Apps) Read(list io.Reader) error {
	lines := bufio.NewScanner(list)
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		var err error
		switch len(fields) {
		case 0:
			continue
		case 1:
			err = a.Add(fields[0], "")
		case 2:
			err = a.Add(fields[0], fields[1])
		default:
			err = errors.New("a line has an app id and a certificate at most")
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

// Serves reports whether an app id is listed.
func (a *Apps) Serves(app string) bool {
	_, served := a.certificates[app]
	return served
}

// IDs returns the app ids in order.
func (a *Apps) IDs() []string {
	ids := make([]string, 0, len(a.certificates))
	for id := range a.certificates {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Certificate returns the first certificate of an app, "" if it has none.
func (a *Apps) Certificate(app string) string {
	if c := a.certificates[app]; len(c) > 0 {
		return c[0]
	}
	return ""
}

// The vendor's numbers for refused logins. (API 3.1)
const (
	serverAppUnknown   = 5
	serverUserMismatch = 7
	serverTokenInvalid = 9
	serverTokenExpired = 10
	serverAppMismatch  = 11
	serverTokenNoLogin = 12
	serverLoginExpired = 13
	serverTokenRefused = 14
	serverTokenMissing = 15
)

// Authorize implements session.Authorizer.
func (a *Apps) Authorize(_ context.Context, login session.Login) (time.Time, *wire.Refusal) {
	certificates, served := a.certificates[login.App]
	never := time.Time{}
	switch {
	case !served:
		return never, refuseLogin(wire.Refusal_UNKNOWN_APP, serverAppUnknown, "the app id is not served here")
	case len(certificates) == 0 && login.Token == "":
		return never, nil
	case len(certificates) == 0:
		return never, refuseLogin(wire.Refusal_INVALID_TOKEN, serverTokenRefused, "a token was given, but the app id has no certificate here: log in without a token")
	case login.Token == "":
		return never, refuseLogin(wire.Refusal_INVALID_TOKEN, serverTokenMissing, "the app id requires a token")
	}
	expiry, err := token.Verify(login.Token, login.App, login.ID, certificates, time.Now())
	if err != nil {
		return never, refusedToken(err)
	}
	return expiry, nil
}

func refuseLogin(reason wire.Refusal_Reason, number uint32, text string) *wire.Refusal {
	return &wire.Refusal{Reason: reason, ServerCode: number, Text: text}
}

func refusedToken(err error) *wire.Refusal {
	invalid := &token.Error{Text: err.Error()}
	errors.As(err, &invalid)
	reason, number := wire.Refusal_INVALID_TOKEN, uint32(serverTokenInvalid)
	switch invalid.Fault {
	case token.NoService:
		number = serverTokenNoLogin
	case token.Expired:
		reason, number = wire.Refusal_TOKEN_EXPIRED, serverTokenExpired
	case token.ExpiredLogin:
		reason, number = wire.Refusal_TOKEN_EXPIRED, serverLoginExpired
	case token.WrongApp:
		reason, number = wire.Refusal_UNKNOWN_APP, serverAppMismatch
	case token.WrongUser:
		reason, number = wire.Refusal_UID_MISMATCH, serverUserMismatch
	}
	return refuseLogin(reason, number, invalid.Text)
}
