package coretest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rtmwasm/core"
)

// Transport is a core.Host for clients, with two methods more for the suite.
type Transport interface {
	core.Host

	// Do runs f. Inside f, clients may be called.
	Do(f func())

	// Bytes makes a Blob of b.
	Bytes(b []byte) core.Blob
}

// Run runs the suite. gateway is the http URL of a gateway in development mode; open
// makes a transport, closed by t's cleanup.
func Run(t *testing.T, gateway string, open func(t *testing.T) Transport) {
	require.NotEmpty(t, gateway, "the suite needs the address of a gateway")
	for _, c := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"login tells its states in order", loginStates},
		{"logout ends everything and can be followed by a login", logoutAndBack},
		{"the newer login of a uid wins", remoteLogin},
		{"a token can be renewed, twice a second", tokenRenewed},
		{"peer messages of every type arrive as sent", peerMessages},
		{"a peer who is away receives nothing", peerAway},
		{"a message that is to be kept comes with the login", keptMessage},
		{"apps do not see each other", appsApart},
		{"channel members hear each other and not themselves", channelMessages},
		{"members come and go", membersComeAndGo},
		{"presence is asked for and followed", presenceFollowed},
		{"members are counted from outside", membersCounted},
		{"messages over the budget are refused", messageBudget},
		{"order is kept", orderKept},
		{"user attributes live with their user", userAttributes},
		{"channel attributes are shared, and told on request", channelAttributes},
		{"calls are accepted, refused and called off", calls},
		{"media comes back as it went", mediaRoundTrip},
		{"media is measured", mediaMeasured},
		{"media that is not there", mediaMissing},
		{"a URL leads to media", mediaURL},
		{"a cancelled upload frees its place", mediaCancelled},
		{"the tenth transfer is refused", tenthTransfer},
		{"logout interrupts transfers", logoutInterrupts},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, &world{gateway: gateway, transport: open(t)})
		})
	}
}
