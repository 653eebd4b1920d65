//go:build js && wasm

package jsbridge

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// outgoing reads an Outgoing of bridge.ts. Only the fields of the message's kind
// are there.
func outgoing(v value) *core.Outgoing {
	return &core.Outgoing{
		Defect:         core.Defect(getNumber(v, "defect")),
		DefectText:     getString(v, "defectText"),
		ThumbnailBytes: int(getNumber(v, "thumbnailSize")),
		Message: &core.Message{
			Type:            wire.Message_Type(getNumber(v, "kind")),
			Text:            getString(v, "text"),
			Raw:             getBytes(v, "raw"),
			Description:     getString(v, "description"),
			MediaId:         getString(v, "mediaId"),
			FileName:        getString(v, "fileName"),
			Thumbnail:       getBytes(v, "thumbnail"),
			Size:            uint64(max(0, getNumber(v, "size"))),
			Width:           getUint32(v, "width"),
			Height:          getUint32(v, "height"),
			ThumbnailWidth:  getUint32(v, "thumbnailWidth"),
			ThumbnailHeight: getUint32(v, "thumbnailHeight"),
		},
	}
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
