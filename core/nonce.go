package core

import "math/rand/v2"

// nonceDigits is the length of a nonce: 18 bytes in Base64, which need no padding.
const nonceDigits = 24

// newNonce returns a random mark, with which the gateway recognises a repeated creation, in the form of
// a value in Upload-Metadata. Nobody can guess it: the generator is the runtime's ChaCha8,
// seeded from the system.
func newNonce() string {
	var b [nonceDigits]byte
	for i := range b {
		b[i] = base64Digits[rand.IntN(len(base64Digits))]
	}
	return string(b[:])
}
