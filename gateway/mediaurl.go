package gateway

import "rtmwasm/core/wire"

// doMediaURL answers with a URL of media that needs no credential.
func (s *session) doMediaURL(id uint32, ask *wire.GetMediaUrl) {
	s.refuse(id, refuse(wire.Refusal_UNAVAILABLE, "this gateway gives no URLs of media"))
}
