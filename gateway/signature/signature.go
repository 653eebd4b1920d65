// Package signature signs requests to web hooks by the specification of https://www.standardwebhooks.com:
// HMAC-SHA256 over the request's id, its time and its body.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Names of the headers that Sign sets. The time is in seconds since 1970. A signature is "v1,"
// and Base64. With several secrets, there is a signature for each, separated by spaces.
const (
	IDHeader        = "Webhook-Id"
	TimeHeader      = "Webhook-Timestamp"
	SignatureHeader = "Webhook-Signature"
)

// MinSecret is the least length of a secret, in bytes.
const MinSecret = 16

// prefix marks a secret in Base64, by Standard Webhooks.
const prefix = "whsec_"

// ParseSecret returns the bytes of a secret. The text after "whsec_" is Base64. Without this prefix,
// the bytes are those of the text. Errors do not show the secret.
func ParseSecret(text string) ([]byte, error) {
	secret := []byte(text)
	if encoded, ok := strings.CutPrefix(text, prefix); ok {
		var err error
		if secret, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("a secret that begins with " + prefix + " must continue with Base64")
		}
	}
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("a secret must have at least %d bytes, this one has %d", MinSecret, len(secret))
	}
	return secret, nil
}

// Sign sets the headers with which the receiver of a request checks who sent it, and when.
func Sign(header http.Header, id string, at time.Time, body []byte, secrets ...[]byte) {
	seconds := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%s.%s", id, seconds, body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	header.Set(IDHeader, id)
	header.Set(TimeHeader, seconds)
	header.Set(SignatureHeader, strings.Join(signatures, " "))
}

// RedactedURL returns scheme and host of a hook's URL, for logs: user, password, path and query may be
// secret. For an invalid URL it returns "***".
func RedactedURL(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return "***"
	}
	return u.Scheme + "://" + u.Host
}
