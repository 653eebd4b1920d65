// Package token verifies and mints the login tokens of the RTM API: AccessToken ("006")
// and AccessToken2 ("007"), as token servers make them with the vendor's open libraries.
//
//	expiry, err := token.Verify(text, app, uid, certificates, time.Now())
//	var why *token.Error
//	if errors.As(err, &why) && why.Fault == token.Expired { ... }
//
// A token names an app id and a user, and is signed (HMAC-SHA256) with the app's
// certificate, a secret of 32 characters that is used as the text it is. Neither format
// protects against replay: a token may be used any number of times until it ends.
//
// What is read from a token is bounded before anything is allocated for it, and believed
// only once the signature has been found good.
package token
