package mediaurl

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rtmwasm/core"
)

// basePath is where media is served.
const basePath = "/media/"

// Grant is what a URL allows: to read one file until it expires.
type Grant struct {
	App      string    // app id
	Key      string    // of the file, see core.MediaKeyLength
	Expires  time.Time // fractions of a second are dropped
	Download string    // browsers save the file with this name; "" means that they show it
}

// Check returns an error if a grant is invalid.
func (g Grant) Check() error {
	switch {
	case !core.ValidAppID(g.App):
		return errors.New("an app id has 32 ASCII letters and digits")
	case !core.ValidMediaKey(g.Key):
		return fmt.Errorf("a media key has %d lower-case hex digits", core.MediaKeyLength)
	case g.Expires.Unix() <= 0 || g.Expires.Unix() > maxExpiry:
		return errors.New("the expiry must be a time from 1970 to the year 9999")
	}
	return CheckDownload(g.Download)
}

// maxExpiry is the end of the year 9999.
const maxExpiry = 253402300799

// CheckDownload returns an error if a file name is too long or no UTF-8. "" is valid. All characters
// are allowed: those that file names cannot have are replaced when the name is used.
func CheckDownload(name string) error {
	switch {
	case len(name) > core.MaxMediaURLName:
		return fmt.Errorf("download must be a file name of 1 to %d bytes", core.MaxMediaURLName)
	case !utf8.ValidString(name):
		return errors.New("download must be a file name in UTF-8")
	}
	return nil
}

// Sign returns the URL's path and query, relative to the gateway's address. The grant must have
// passed Check.
func (g Grant) Sign(k Key) string {
	query := url.Values{
		"app": {g.App},
		"exp": {strconv.FormatInt(g.Expires.Unix(), 10)},
		"kid": {k.ID},
		"sig": {encoding.EncodeToString(g.signature(k.Secret))},
	}
	if g.Download != "" {
		query.Set("download", g.Download)
	}
	return basePath + g.Key + "?" + query.Encode()
}

// encoding is strict, so that each signature has only one form.
var encoding = base64.RawURLEncoding.Strict()

func (g Grant) signature(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "rtm-media-url/1\n%s\n%s\n%d\n%s", g.App, g.Key, g.Expires.Unix(), g.Download)
	return mac.Sum(nil)
}

// Signed is the grant of a URL, whose signature is not checked yet: see SignedBy.
type Signed struct {
	Grant
	KeyID     string
	signature []byte
}

// LooksSigned reports whether a query looks like that of a signed URL.
func LooksSigned(rawQuery string) bool { return strings.Contains(rawQuery, "sig=") }

// Parse reads the path and the raw query of a media URL. ok is false if Sign does not make such a
// URL. Only the order of parameters and the percent-encoding may differ.
func Parse(path, rawQuery string) (s Signed, ok bool) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return Signed{}, false
	}
	take := func(name string) string {
		values := query[name]
		delete(query, name)
		if len(values) != 1 {
			return ""
		}
		return values[0]
	}
	s.KeyID, s.App = take("kid"), take("app")
	if query.Has("download") {
		if s.Download = take("download"); s.Download == "" {
			return Signed{}, false
		}
	}
	expires, sig := take("exp"), take("sig")
	seconds, expErr := strconv.ParseInt(expires, 10, 64)
	s.Expires = time.Unix(seconds, 0)
	s.signature, err = encoding.DecodeString(sig)
	key, below := strings.CutPrefix(path, basePath)
	s.Key = key
	ok = below && err == nil && len(s.signature) == sha256.Size && validID(s.KeyID) && len(query) == 0 &&
		expErr == nil && strconv.FormatInt(seconds, 10) == expires && s.Check() == nil
	return s, ok
}

// SignedBy reports whether the signature was made with this secret. It takes the same time for all
// wrong signatures.
func (s Signed) SignedBy(secret []byte) bool {
	return hmac.Equal(s.signature, s.Grant.signature(secret))
}
