// Package token verifies and mints the login tokens of the RTM API: AccessToken ("006")
// and AccessToken2 ("007"). Token servers make them with the vendor's open libraries.
//
//	expiry, err := token.Verify(text, app, uid, certificates, time.Now())
//	var why *token.Error
//	if errors.As(err, &why) && why.Fault == token.Expired { ... }
//
// A token has an app id and a user id. It is signed (HMAC-SHA256) with the app's certificate:
// a secret of 32 characters, whose bytes are the key. Neither format protects against replay:
// a token can be used many times until it expires.
//
// Lengths in a token are checked before memory is allocated for them. Its values count only
// after the signature has been verified.
package token
