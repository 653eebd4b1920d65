//go:build js && wasm

package jsbridge

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// outgoing converts an Outgoing of bridge.ts. It reads only the fields of the message's kind.
// If bytes can't be read, the message gets a fault, like the faults that the façade finds.
func outgoing(v value) *core.Outgoing {
	o, err := readOutgoing(v)
	if err != nil {
		o.Fault, o.FaultText = core.Malformed, "the message can't be read: "+err.Error()
	}
	return o
}

func readOutgoing(v value) (o *core.Outgoing, err error) {
	o = &core.Outgoing{
		Fault:   core.MessageFault(getNumber(v, "fault")),
		Message: &core.Message{Type: wire.Message_Type(getNumber(v, "kind"))},
		History: toBool(get(v, "history")),
		Number:  uint64(getNumber(v, "number")),
		Origin:  uint64(getNumber(v, "origin")),
	}
	m := o.Message
	switch {
	case o.Fault != core.NoFault:
		o.FaultText = getString(v, "faultText")
		return o, nil
	case m.Type == wire.Message_TEXT:
		m.Text = getString(v, "text")
		return o, nil
	}
	m.Description = getString(v, "description")
	if m.Type == wire.Message_RAW {
		m.Raw, err = getBytes(v, "raw")
		return o, err
	}
	m.MediaId = getString(v, "mediaId")
	m.FileName = getString(v, "fileName")
	m.Size = uint64(max(0, getNumber(v, "size")))
	o.ThumbnailBytes = int(getNumber(v, "thumbnailSize"))
	if m.Type == wire.Message_IMAGE {
		m.Width, m.Height = getUint32(v, "width"), getUint32(v, "height")
		m.ThumbnailWidth, m.ThumbnailHeight = getUint32(v, "thumbnailWidth"), getUint32(v, "thumbnailHeight")
	}
	m.Thumbnail, err = getBytes(v, "thumbnail")
	return o, err
}

// incoming returns m as an Incoming of bridge.ts.
func incoming(m *core.Message) map[string]any {
	out := map[string]any{"kind": int(m.Type)}
	switch m.Type {
	case wire.Message_TEXT:
		out["text"] = m.Text
		return out
	case wire.Message_RAW:
		out["raw"] = bytesOf(m.Raw)
		out["description"] = m.Description
		return out
	case wire.Message_IMAGE:
		out["width"] = float64(m.Width)
		out["height"] = float64(m.Height)
		out["thumbnailWidth"] = float64(m.ThumbnailWidth)
		out["thumbnailHeight"] = float64(m.ThumbnailHeight)
	}
	out["mediaId"] = m.MediaId
	out["fileName"] = m.FileName
	out["description"] = m.Description
	out["size"] = float64(m.Size)
	out["thumbnail"] = bytesOf(m.Thumbnail)
	return out
}

// bytesOf is fromBytes for callers that can't return an error: it logs the error.
func bytesOf(b []byte) value {
	v, err := fromBytes(b)
	report(err)
	return v
}
