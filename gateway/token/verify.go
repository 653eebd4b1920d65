package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"time"
)

const (
	// MaxLength is the greatest length of a token, in bytes. A 007 token for calls and
	// messages has about 300.
	MaxLength = 2048

	// MaxValidity is how long a token is valid at most, from its issue, also if it says
	// more. It is the maximum that the vendor documents.
	MaxValidity = 24 * time.Hour

	// maxSkew is how far in the future a token may have been issued, because the clocks of
	// token servers may differ from this one.
	maxSkew = time.Minute

	appIDLength     = 32
	signatureLength = sha256.Size
)

// Fault says what is wrong with a token.
type Fault int

// The faults.
const (
	Invalid      Fault = iota + 1 // malformed, or not signed with a certificate of the app
	NoService                     // signed, but only for other services than RTM, such as calls, or for no user
	Expired                       // the token has expired
	ExpiredLogin                  // the token is valid, but its right to log in has expired
	WrongApp                      // for another app id
	WrongUser                     // for another user id
)

// Error says why a token is refused.
type Error struct {
	Fault Fault
	Text  string // for people; has no part of the token
}

func (e *Error) Error() string { return "token: " + e.Text }

func refuse(f Fault, text string) *Error { return &Error{Fault: f, Text: text} }

// Verify checks that a token lets the user uid of an app log in at now, and returns when
// it expires. It may be signed with any of the certificates, so that they can be replaced. The
// error is an *Error.
func Verify(text, app, uid string, certificates []string, now time.Time) (expiry time.Time, err error) {
	t, err := parse(text)
	if err != nil {
		return time.Time{}, err
	}
	if t.app() != app {
		return time.Time{}, refuse(WrongApp, "the token is for another app id")
	}
	// A 006 token does not contain the user id: only its signature depends on it.
	if why := t.names(uid); why != nil {
		return time.Time{}, why
	}
	signed := false
	for _, c := range certificates {
		if hmac.Equal(t.sign(c, uid), t.signature()) {
			signed = true
		}
	}
	if !signed {
		return time.Time{}, refuse(Invalid, "the token is not signed with the certificate of the app id")
	}
	ends, err := t.login(uid, now.Unix())
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(ends, 0), nil
}

// UserID returns the user id in a token of format 007, without verifying the token. A token of
// format 006 does not contain its user id: found is false.
func UserID(text string) (uid string, found bool) {
	t, err := parse(text)
	if err != nil {
		return "", false
	}
	v007, ok := t.(*token007)
	if !ok {
		return "", false
	}
	for _, s := range v007.rtm {
		if s.mayLogin && s.uid != "" {
			return s.uid, true
		}
	}
	return "", false
}

// parsed is a token of either format. Times are Unix seconds in 64 bits, because some
// servers put a point in time where a number of seconds belongs.
type parsed interface {
	app() string
	signature() []byte

	// names returns an error if the token is for another user, as far as that can be seen
	// without its signature.
	names(uid string) error

	// sign returns the signature that the token should have.
	sign(certificate, uid string) []byte

	// login checks whether a token with a valid signature lets uid log in at now, and
	// returns when this right ends.
	login(uid string, now int64) (ends int64, err error)
}

func parse(text string) (parsed, error) {
	if len(text) > MaxLength {
		return nil, refuse(Invalid, "the token is longer than 2048 characters")
	}
	var version string
	if len(text) >= 3 {
		version = text[:3]
	}
	switch version {
	case "006":
		return parse006(text[3:])
	case "007":
		return parse007(text[3:])
	}
	return nil, refuse(Invalid, "the token begins neither with 006 nor with 007")
}

// earlier returns when a token ends: at whole, the end of the token, or at own, the end of its
// right to log in, if that is earlier. own is 0 if the right has no end of its own.
func earlier(whole, own, now int64) (ends int64, err error) {
	switch {
	case now >= whole:
		return 0, refuse(Expired, "the token has expired")
	case own == 0:
		return whole, nil
	case now >= own:
		return 0, refuse(ExpiredLogin, "the token's right to log in has expired")
	}
	return min(whole, own), nil
}

// mac is HMAC-SHA256 of the parts, one after another.
func mac(key string, parts ...string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}
