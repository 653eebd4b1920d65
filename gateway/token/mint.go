package token

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// Version is a token format.
type Version string

// The formats. Servers of the 1.4 SDK's time mint V006, newer ones V007.
const (
	V006 Version = "006"
	V007 Version = "007"
)

// Grant is what a token says: the user may log in to the app until Validity after Issued.
type Grant struct {
	App         string // 32 characters
	Certificate string // the app's secret; not part of the token
	UID         string
	Issued      time.Time
	Validity    time.Duration // whole seconds, 1 s to MaxValidity
}

// maxSalt is the largest salt, a random number that makes tokens with equal content differ.
const maxSalt = 99_999_999

// Mint returns a token.
func Mint(v Version, g Grant) (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(maxSalt))
	if err != nil {
		return "", fmt.Errorf("token: mint: %w", err)
	}
	return mint(v, g, uint32(n.Int64())+1)
}

func mint(v Version, g Grant, salt uint32) (string, error) {
	switch {
	case len(g.App) != appIDLength:
		return "", errors.New("token: mint: an app id has 32 characters")
	case g.Certificate == "":
		return "", errors.New("token: mint: without a certificate nothing can be signed")
	case g.UID == "" || len(g.UID) > 1024:
		return "", errors.New("token: mint: the user id is empty or longer than 1024 bytes")
	case g.Validity < time.Second || g.Validity > MaxValidity:
		return "", fmt.Errorf("token: mint: a token lives 1s to 24h, not %v", g.Validity)
	}
	switch v {
	case V006:
		return mint006(g, salt)
	case V007:
		return mint007(g, salt)
	}
	return "", fmt.Errorf("token: mint: the version is %q, it must be 006 or 007", string(v))
}
