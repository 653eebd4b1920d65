//go:build js && wasm

package jsbridge

import "rtmwasm/core"

// host implements core.Host in a page.
type host struct {
	*timers
	uncollected int64 // bytes of files transferred since collectSoon last ran the garbage collector
}

var _ core.Host = (*host)(nil)

// Join implements core.Host.
func (h *host) Join(parts []core.Blob, mime string) core.Blob {
	values := make([]any, len(parts))
	for i, p := range parts {
		part := p.(blob)
		if part.err != nil {
			return part
		}
		values[i] = part.v
	}
	return newBlob(values, mime)
}

// NewBlob implements core.Host.
func (h *host) NewBlob(b []byte) core.Blob {
	array, err := fromBytes(b)
	if err != nil {
		return blob{err: err}
	}
	return newBlob([]any{array}, "")
}
