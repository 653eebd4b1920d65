package session

import (
	"rtmwasm/core"
	"rtmwasm/core/wire"
	"rtmwasm/gateway/channel"
	"rtmwasm/gateway/event"
)

// channelSession implements channel.Session.
type channelSession struct {
	*session
	comesBack bool // the client was in the channel before
}

var _ channel.Session = channelSession{}

func (s channelSession) ID() string      { return s.id }
func (s channelSession) App() string     { return s.user.App }
func (s channelSession) UserID() string  { return s.user.ID }
func (s channelSession) Lineage() string { return s.lineage }

func (s channelSession) Push(frame []byte, channel string) {
	s.push(outboxItem{body: frame, topic: channel})
}

func (s channelSession) JoinFailed(request uint32, err error) { s.unavailable(request, err) }

func (s channelSession) AnswerJoined(request uint32, name string, count int, uids []string) {
	if !s.comesBack {
		s.noteEntered(name)
	}
	s.answerJoined(request, name, count, uids)
}

func (s channelSession) Entered(string) { s.tellEntered() }

// Reasons why a session ends that is no longer a member of its channels.
var (
	displaced = closeReason{wire.CloseRemoteLogin, "the user logged in elsewhere"}
	evicted   = closeReason{wire.CloseRestart, "the gateway lost this session: log in again"}
)

func (s channelSession) End(byLogin bool) {
	if byLogin {
		s.end(displaced)
	} else {
		s.end(evicted)
	}
}

// membership returns the session's membership of a channel, nil if there is none. It waits for a
// join that has begun.
func (s *session) membership(name string) *channel.Membership {
	m := s.joined[name]
	if m != nil && m.Wait() != nil {
		delete(s.joined, name)
		return nil
	}
	return m
}

// doJoin does not wait for the answer, so that a client can enter many channels at once.
func (s *session) doJoin(id uint32, join *wire.Join) {
	name := join.Channel
	if !core.ValidID(name) {
		s.refuse(id, newRefusal(wire.Refusal_INVALID_ID, "channel: "+idRule))
		return
	}
	if m := s.membership(name); m != nil {
		s.answerJoined(id, name, m.Count(), nil)
		return
	}
	if len(s.joined) >= core.MaxJoinedChannels {
		for other := range s.joined { // failed joins do not count
			s.membership(other)
		}
	}
	if len(s.joined) >= core.MaxJoinedChannels {
		s.refuse(id, newRefusal(wire.Refusal_LIMIT, "at most 20 channels may be joined at a time"))
		return
	}
	comesBack := join.SinceMs != 0 && s.lineage != s.id
	s.joined[name] = s.sessions.channels.Join(s.context(id), channelSession{s, comesBack}, name, id, join.SinceMs)
}

func (s *session) doLeave(name string) {
	if m := s.membership(name); m != nil {
		delete(s.joined, name)
		s.sessions.channels.Leave(m)
		s.tell(event.Left, name)
	}
}

func (s *session) doMembers(id uint32, name string) {
	if !core.ValidID(name) {
		s.refuse(id, newRefusal(wire.Refusal_INVALID_ID, "channel: "+idRule))
		return
	}
	m := s.membership(name)
	if m == nil {
		s.refuse(id, notJoined)
		return
	}
	s.Answer(id, &wire.ServerFrame{MemberList: &wire.MemberList{Uid: m.List()}})
}

var notJoined = newRefusal(wire.Refusal_NOT_JOINED, "join the channel first")

// doCounts answers how many members channels have on all gateways.
func (s *session) doCounts(id uint32, names []string) {
	if len(names) == 0 || len(names) > core.MaxCountedChannels {
		s.refuse(id, newRefusal(wire.Refusal_BAD_REQUEST, "counts.channel must have 1 to 32 channels"))
		return
	}
	counts := make([]uint32, len(names))
	for i, name := range names {
		if !core.ValidID(name) {
			s.refuse(id, newRefusal(wire.Refusal_INVALID_ID, "counts.channel: "+idRule))
			return
		}
		n, err := s.sessions.channels.Count(s.context(id), channel.ID{App: s.user.App, Channel: name})
		if err != nil {
			s.unavailable(id, err)
			return
		}
		counts[i] = uint32(n)
	}
	s.Answer(id, &wire.ServerFrame{Counts: &wire.CountList{Count: counts}})
}
