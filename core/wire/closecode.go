package wire

// WebSocket close codes that the gateway sends. The range tells the client what to do: it
// reconnects after 4000-4099, and does not after 4100-4199. After any other
// code, such as 1006 and 1011, the connection counts as lost, and the client reconnects.
const (
	CloseRestart  = 4000 // the gateway stops, or sends the client to another gateway
	CloseSlow     = 4001 // the client reads more slowly than its messages arrive
	CloseSilent   = 4002 // the client sent nothing within the silence limit
	CloseReplaced = 4003 // the session was resumed on another socket

	CloseBye         = 4100 // the client said Bye
	CloseRemoteLogin = 4101 // the same uid logged in elsewhere
	CloseBanned      = 4102 // an operator banned the user, or ended the session
	CloseProtocol    = 4103 // a frame is malformed or not allowed at this time
	CloseTooLarge    = 4104 // a frame over core.MaxFrameBytes
	CloseFlood       = 4105 // far more frames than the rate limits allow
	CloseRefused     = 4106 // follows a Refusal of Hello
)

// CloseIsFinal reports whether code tells the client not to reconnect.
func CloseIsFinal(code int) bool { return code >= 4100 && code < 4200 }
