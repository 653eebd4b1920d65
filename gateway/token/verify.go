package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"time"
)

const (
	// MaxLength is the longest text taken for a token, in bytes. A 007 token for calls
	// and messages has about 300.
	MaxLength = 2048

	// MaxValidity is how long a token lives at most, from its issue; one that says
	// more ends then. (the vendor's documented maximum)
	MaxValidity = 24 * time.Hour

	// maxSkew is how far in the future a token may have been issued: the clocks of
	// token servers are not this one.
	maxSkew = time.Minute

	appIDLength     = 32
	signatureLength = sha256.Size
)

// Fault says what is wrong with a token.
type Fault int

// The faults. NoService is a well-signed token that is no RTM login, as for calls only.
const (
	Invalid      Fault = iota + 1 // not of the form, or not signed with a certificate of the app
	NoService                     // for other services than RTM, or for no user
	Expired                       // the token has ended
	ExpiredLogin                  // the token lives, its right to log in has ended
	WrongApp                      // for another app id
	WrongUser                     // for another user id
)

// Error is why a token is refused.
type Error struct {
	Fault Fault
	Text  string // for people; holds nothing of the token
}

func (e *Error) Error() string { return "token: " + e.Text }

func refuse(f Fault, text string) *Error { return &Error{Fault: f, Text: text} }

// Verify checks that a token lets the user uid of an app log in at now, and returns when
// it ends. Any of the certificates may have signed it, so that one can be rotated. The
// error is an *Error.
func Verify(text, app, uid string, certificates []string, now time.Time) (expiry time.Time, err error) {
	t, err := parse(text)
	if err != nil {
		return time.Time{}, err
	}
	if t.app() != app {
		return time.Time{}, refuse(WrongApp, "the token is for another app id")
	}
	// The uid is not in a 006 token: it takes part in the signature.
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

// UserID returns the user id that a token of format 007 names, before anybody has verified it. A
// token of format 006 names nobody: its user id is part of what is signed alone.
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

// parsed is a token of either format. Times are Unix seconds, in 64 bits: some
// servers pass a point in time where a number of seconds is wanted.
type parsed interface {
	app() string
	signature() []byte

	// names is the error of a token that can be seen to be for another user without
	// its signature being known.
	names(uid string) error

	// sign is the signature that the token should have.
	sign(certificate, uid string) []byte

	// login checks, in a token that is signed well, the right of uid to log in at
	// now, and tells when that ends.
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

// earlier is when a token ends: at whole, or at own, the end of its right to log in; own
// 0 means no end of its own.
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
