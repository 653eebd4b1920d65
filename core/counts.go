package core

import "rtmwasm/core/wire"

// MemberCounts asks how many members channels have (API 11). The counts are in the order of the ids.
func (c *Client) MemberCounts(channels []string, done func([]uint32, *Error)) {
	defer c.enter().exit()
	done = laterWith(c, done)
	var err *Error
	switch {
	case !c.connected():
		err = errNotLoggedIn(GetChannelMemberCountErrUserNotLoggedIn)
	case !validIDs(channels):
		err = &Error{Class: InvalidArgument, Code: GetChannelMemberCountErrInvalidArgument,
			Text: "channelIds must be one or more strings of 1 to 64 of the allowed characters"}
	case len(channels) > MaxCountedChannels:
		err = &Error{Class: InvalidArgument, Code: GetChannelMemberCountErrExceedLimit, Text: "32 channels may be asked about at a time"}
	}
	if err != nil {
		done(nil, err)
		return
	}
	c.read(OpCounts, &wire.ClientFrame{Counts: &wire.Counts{Channel: channels}}, func(f *wire.ServerFrame) {
		err := answerError(f, GetChannelMemberCountErrTimeout, GetChannelMemberCountErrTooOften, GetChannelMemberCountErrFailure)
		if err != nil {
			done(nil, err)
			return
		}
		counts := f.Counts.GetCount()
		done(counts, nil)
		for i, n := range counts[:min(len(counts), len(channels))] {
			if ch := c.channels[channels[i]]; ch != nil && ch.state == Joined {
				ch.countChanged(int(n))
			}
		}
	})
}
