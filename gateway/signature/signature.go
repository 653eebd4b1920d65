// Package signature signs requests to web hooks, as https://www.standardwebhooks.com has it:
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

// Names of the headers that Sign sets. The time is in seconds since 1970. The signature is "v1,"
// and Base64; where there are several secrets, it has one for each, between spaces.
const (
	IDHeader        = "Webhook-Id"
	TimeHeader      = "Webhook-Timestamp"
	SignatureHeader = "Webhook-Signature"
)

// MinSecret is how long a secret must be, in bytes.
const MinSecret = 16

// prefix begins a secret in Base64. (Standard Webhooks)
const prefix = "whsec_"

// ParseSecret returns the bytes of a secret: what follows "whsec_" is Base64, any other text stands
// for itself. No error shows the secret.
func ParseSecret(text string) ([]byte, error) {
	secret := []byte(text)
	if encoded, ok := strings.CutPrefix(text, prefix); ok {
		var err error
		if secret, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return nil, errors.New("a secret that begins with " + prefix + " must go on with Base64")
		}
	}
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("a secret must have at least %d bytes, this one has %d", MinSecret, len(secret))
	}
	return secret, nil
}

// Sign sets the headers by which the receiver of a request knows who sent it, and when.
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

// RedactedURL is the scheme and host of a hook's URL, for logs: user, password, path and query may be
// secret. What is no such URL becomes "***".
func RedactedURL(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return "***"
	}
	return u.Scheme + "://" + u.Host
}
