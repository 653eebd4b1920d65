package core

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var (
	allStates  = []State{Disconnected, Connecting, Connected, Reconnecting, Aborted}
	allReasons = []Reason{
		ReasonLogin, ReasonLoginSuccess, ReasonLoginFailure, ReasonLoginTimeout,
		ReasonInterrupted, ReasonLogout, ReasonBanned, ReasonRemoteLogin,
	}
)

// arrow is a state and a reason to leave it.
type arrow struct {
	from   State
	reason Reason
}

// The table of API 8.1. What is not in it can't happen.
var arrows = map[arrow]State{
	{Disconnected, ReasonLogin}: Connecting,

	{Connecting, ReasonLoginSuccess}: Connected,
	{Connecting, ReasonLoginFailure}: Disconnected,
	{Connecting, ReasonLoginTimeout}: Disconnected,
	{Connecting, ReasonLogout}:       Disconnected,

	{Connected, ReasonInterrupted}: Reconnecting,
	{Connected, ReasonRemoteLogin}: Aborted,
	{Connected, ReasonBanned}:      Aborted,
	{Connected, ReasonLogout}:      Disconnected,

	{Reconnecting, ReasonLoginSuccess}: Connected,
	{Reconnecting, ReasonRemoteLogin}:  Aborted,
	{Reconnecting, ReasonBanned}:       Aborted,
	{Reconnecting, ReasonLogout}:       Disconnected,

	{Aborted, ReasonLogout}: Disconnected,
}

func TestNextState(t *testing.T) {
	for _, from := range allStates {
		for _, reason := range append(allReasons, "", "TOKEN_EXPIRED") {
			want, possible := arrows[arrow{from, reason}]
			name := string(from) + " -" + string(reason) + "-> " + string(want)
			t.Run(name, func(t *testing.T) {
				to, ok := next(from, reason)
				assert.Equal(t, possible, ok)
				if possible {
					assert.Equal(t, want, to)
				}
			})
		}
	}
}
