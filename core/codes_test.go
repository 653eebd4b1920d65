package core

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rtmwasm/core/wire"
)

// The refusals of API 3.1, step 7.
func TestLoginError(t *testing.T) {
	want := map[wire.Refusal_Reason]string{
		wire.Refusal_UNKNOWN_APP:   "RtmUnauthenticatedError 4",
		wire.Refusal_INVALID_TOKEN: "RtmUnauthenticatedError 5",
		wire.Refusal_TOKEN_EXPIRED: "RtmUnauthenticatedError 6",
		wire.Refusal_UID_MISMATCH:  "RtmUnauthenticatedError 3",
		wire.Refusal_INVALID_ID:    "RtmInvalidArgumentError 3",
	}
	for reason := range wire.Refusal_Reason_name {
		reason := wire.Refusal_Reason(reason)
		expected, special := want[reason]
		if !special {
			expected = "RtmUnavailableError 2"
		}
		err := loginError(&wire.Refusal{Reason: reason, Text: "why", ServerCode: 12})
		assert.Equal(t, expected, outcome(err), reason.String())
		assert.Equal(t, 12, err.ServerCode)
		assert.Equal(t, "why", err.Text)
	}
	assert.Equal(t, "RtmUnavailableError 2", outcome(loginError(&wire.Refusal{Reason: 99})), "a reason of a newer gateway")
}

func TestSendOutcome(t *testing.T) {
	refusal := func(r wire.Refusal_Reason) *wire.ServerFrame {
		return &wire.ServerFrame{Refusal: &wire.Refusal{Reason: r, Text: "why", ServerCode: 3}}
	}
	for _, c := range []struct {
		name          string
		f             *wire.ServerFrame
		peer, channel string
		cause         bool
	}{
		{"sent", &wire.ServerFrame{Sent: &wire.Sent{}}, "ok", "ok", false},
		{"received", &wire.ServerFrame{Sent: &wire.Sent{Received: true}}, "ok", "ok", false},
		{"timed out", nil, "RtmTimeoutError 2", "RtmTimeoutError 2", false},
		{"session over", sessionOver, "RtmUnavailableError 1", "RtmUnknownError 1", true},
		{"unavailable", refusal(wire.Refusal_UNAVAILABLE), "RtmUnavailableError 1", "RtmUnknownError 1", true},
		{"unknown reason", refusal(99), "RtmUnavailableError 1", "RtmUnknownError 1", true},
		{"too large", refusal(wire.Refusal_TOO_LARGE), "RtmLimitExceededError 7", "RtmLimitExceededError 4", false},
		{"too often", refusal(wire.Refusal_TOO_OFTEN), "RtmLimitExceededError 5", "RtmLimitExceededError 3", false},
		{"bad request", refusal(wire.Refusal_BAD_REQUEST), "RtmInvalidArgumentError 7", "RtmInvalidArgumentError 4", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			received, err := sendOutcome(c.f, &peerCodes)
			assert.Equal(t, c.peer, outcome(err))
			assert.Equal(t, c.name == "received", received)
			if err != nil {
				assert.Equal(t, c.cause, err.Cause != nil)
			}
			_, err = sendOutcome(c.f, &channelCodes)
			assert.Equal(t, c.channel, outcome(err))
		})
	}
}

func TestErrorText(t *testing.T) {
	assert.Equal(t, " Error Code 5 - why.", (&Error{Code: 5, Text: "why"}).Error())
	assert.Equal(t, " Error Code 5, server Code 12 - why.", (&Error{Code: 5, ServerCode: 12, Text: "why"}).Error())
	cause := textError("cause")
	assert.ErrorIs(t, &Error{Cause: cause}, cause)
}

func TestCloseIsFinal(t *testing.T) {
	for code, want := range map[int]bool{
		1000: false, 1001: false, 1006: false, 1011: false, 0: false, 5000: false,
		wire.CloseRestart: false, wire.CloseSlow: false, wire.CloseSilent: false, wire.CloseReplaced: false, 4099: false,
		wire.CloseBye: true, wire.CloseRemoteLogin: true, wire.CloseBanned: true, wire.CloseProtocol: true,
		wire.CloseTooLarge: true, wire.CloseFlood: true, wire.CloseRefused: true, 4199: true, 4200: false,
	} {
		assert.Equal(t, want, wire.CloseIsFinal(code), code)
	}
}

// Waits are anywhere under a cap that doubles and then stays.
func TestBackoff(t *testing.T) {
	for n, limit := range map[int]time.Duration{
		0: 500 * time.Millisecond, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second,
		4: 4 * time.Second, 63: 4 * time.Second, 1 << 20: 4 * time.Second,
	} {
		var longest time.Duration
		for range 2000 {
			d := backoff(n, lastRetryCap)
			assert.GreaterOrEqual(t, d, time.Duration(0))
			assert.Less(t, d, limit)
			longest = max(longest, d)
		}
		assert.Greater(t, longest, limit/2, "spread over the whole of %v", limit)
	}
}
