//go:build js && wasm

package jsbridge

import (
	"github.com/hack-pad/safejs"

	"rtmwasm/core"
)

var _ core.Digester = (*host)(nil)

// SHA256 implements core.Digester if the page has sha256 (digest.ts). JavaScript reads and
// hashes the Blob: an ArrayBuffer that Go reads stays in memory until Go's collector frees it.
func (*host) SHA256(b core.Blob, part int64, done func([]byte, error)) (able bool) {
	if !isSet(get(safejs.Global(), "sha256")) {
		return false
	}
	promise, err := callGlobal("sha256", b.(blob).v, float64(part))
	await(promise, err, func(sums value, err error) {
		var bytes []byte
		if err == nil {
			bytes, err = toBytes(sums)
		}
		done(bytes, err)
	})
	return true
}
