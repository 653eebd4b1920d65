//go:build js && wasm

package jsbridge

import "rtmwasm/core"

// host implements core.Host in a page.
type host struct {
	*timers
	uncollected int64 // bytes of files moved since Go last collected garbage for it
}

var _ core.Host = (*host)(nil)

// Join implements core.Host.
func (h *host) Join(parts []core.Blob, mime string) core.Blob {
	values := make([]any, len(parts))
	for i, p := range parts {
		values[i] = p.(blob).v
	}
	return blob{construct("Blob", values, map[string]any{"type": mime})}
}
