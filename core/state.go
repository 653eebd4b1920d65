package core

// State is a client's connection state; its text is the API's name.
type State string

// The states of the API (8.1).
const (
	Disconnected State = "DISCONNECTED"
	Connecting   State = "CONNECTING"
	Connected    State = "CONNECTED"
	Reconnecting State = "RECONNECTING"
	Aborted      State = "ABORTED"
)

// Reason says why the state changed; its text is the API's name.
type Reason string

// The reasons of the API (8.1).
const (
	ReasonLogin        Reason = "LOGIN"
	ReasonLoginSuccess Reason = "LOGIN_SUCCESS"
	ReasonLoginFailure Reason = "LOGIN_FAILURE"
	ReasonLoginTimeout Reason = "LOGIN_TIMEOUT"
	ReasonInterrupted  Reason = "INTERRUPTED"
	ReasonLogout       Reason = "LOGOUT"
	ReasonBanned       Reason = "BANNED_BY_SERVER"
	ReasonRemoteLogin  Reason = "REMOTE_LOGIN"
)

// next is the table of API 8.1: the state that reason leads to, or false if reason cannot
// happen in this state.
func next(from State, reason Reason) (State, bool) {
	switch reason {
	case ReasonLogin:
		return Connecting, from == Disconnected
	case ReasonLoginSuccess:
		return Connected, from == Connecting || from == Reconnecting
	case ReasonLoginFailure, ReasonLoginTimeout:
		return Disconnected, from == Connecting
	case ReasonInterrupted:
		return Reconnecting, from == Connected
	case ReasonBanned, ReasonRemoteLogin:
		return Aborted, from == Connected || from == Reconnecting
	case ReasonLogout:
		return Disconnected, from != Disconnected
	}
	return from, false
}
