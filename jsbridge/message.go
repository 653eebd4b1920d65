//go:build js && wasm

package jsbridge

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// outgoing reads an Outgoing of bridge.ts: of its fields, those of the message's kind.
func outgoing(v value) *core.Outgoing {
	o := &core.Outgoing{
		Defect:  core.Defect(getNumber(v, "defect")),
		Message: &core.Message{Type: wire.Message_Type(getNumber(v, "kind"))},
	}
	m := o.Message
	switch {
	case o.Defect != core.NoDefect:
		o.DefectText = getString(v, "defectText")
		return o
	case m.Type == wire.Message_TEXT:
		m.Text = getString(v, "text")
		return o
	}
	m.Description = getString(v, "description")
	if m.Type == wire.Message_RAW {
		m.Raw = getBytes(v, "raw")
		return o
	}
	m.MediaId = getString(v, "mediaId")
	m.FileName = getString(v, "fileName")
	m.Thumbnail = getBytes(v, "thumbnail")
	m.Size = uint64(max(0, getNumber(v, "size")))
	o.ThumbnailBytes = int(getNumber(v, "thumbnailSize"))
	if m.Type == wire.Message_IMAGE {
		m.Width, m.Height = getUint32(v, "width"), getUint32(v, "height")
		m.ThumbnailWidth, m.ThumbnailHeight = getUint32(v, "thumbnailWidth"), getUint32(v, "thumbnailHeight")
	}
	return o
}

// incoming makes an Incoming of bridge.ts.
func incoming(m *core.Message) map[string]any {
	out := map[string]any{"kind": int(m.Type)}
	switch m.Type {
	case wire.Message_TEXT:
		out["text"] = m.Text
		return out
	case wire.Message_RAW:
		out["raw"] = fromBytes(m.Raw)
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
	out["thumbnail"] = fromBytes(m.Thumbnail)
	return out
}
