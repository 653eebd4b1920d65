package gateway

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
)

// doCounts tells how many members channels have, of any gateway.
func (s *session) doCounts(id uint32, channels []string) {
	if len(channels) == 0 || len(channels) > core.MaxCountedChannels {
		s.refuse(id, newRefusal(wire.Refusal_BAD_REQUEST, "counts.channel must have 1 to 32 channels"))
		return
	}
	counts := make([]uint32, len(channels))
	for i, channel := range channels {
		if !core.ValidID(channel) {
			s.refuse(id, newRefusal(wire.Refusal_INVALID_ID, "counts.channel: "+idRule))
			return
		}
		counts[i] = uint32(s.server.rooms.count(Room{App: s.user.App, Channel: channel}))
	}
	s.answer(id, &wire.ServerFrame{Counts: &wire.CountList{Count: counts}})
}

// count is how many members a room has, on all gateways.
func (r *rooms) count(key Room) int {
	r.mu.Lock()
	rm := r.byKey[key]
	r.mu.Unlock()
	if rm == nil {
		return 0
	}
	return rm.count()
}
