package wire

// WebSocket close codes sent by the gateway. The range is the instruction: a
// client comes back after 4000-4099 and stays away after 4100-4199. Any other
// code, 1006 and 1011 included, counts as a lost connection: come back.
const (
	CloseRestart  = 4000 // the gateway is going down or wants the client elsewhere
	CloseSlow     = 4001 // the client reads slower than its messages arrive
	CloseSilent   = 4002 // nothing was heard within the silence limit
	CloseReplaced = 4003 // the session was resumed over another socket

	CloseBye         = 4100 // the client said Bye
	CloseRemoteLogin = 4101 // the same uid logged in elsewhere
	CloseBanned      = 4102 // an operator banned the user, or ended the session
	CloseProtocol    = 4103 // a frame that can't be read, or out of order
	CloseTooLarge    = 4104 // a frame over core.MaxFrameBytes
	CloseFlood       = 4105 // far more frames than the rate limits allow
	CloseRefused     = 4106 // follows a Refusal of Hello
)

// CloseIsFinal reports whether code tells the client to stay away.
func CloseIsFinal(code int) bool { return code >= 4100 && code < 4200 }
