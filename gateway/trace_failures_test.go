package gateway_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"rtmwasm/core/wire"
	"rtmwasm/gateway"
	"rtmwasm/gateway/mailbox"
	"rtmwasm/gateway/session"
	"rtmwasm/gateway/tracing"
)

// failingEngine cannot send messages, or keep them.
type failingEngine struct {
	session.Engine
	ask, keep error
}

func (e *failingEngine) SendToPeer(_ session.User, _ []byte, _ time.Duration, done func(bool)) error {
	if e.ask == nil {
		done(false)
	}
	return e.ask
}

func (e *failingEngine) AppendMail(_ session.User, _ string, _ []byte, done func(error)) error {
	done(e.keep)
	return nil
}

// A step that fails at once ends, with an error. A quota that is used up is no error of the gateway.
func TestTracesOfFailures(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	engine := &failingEngine{}
	h := newHouse(t, nil, func(c *gateway.Config) {
		engine.Engine = c.Engine
		c.Engine = engine
		c.Tracer = sdk.NewTracerProvider(sdk.WithSpanProcessor(spans)).Tracer(tracing.Name)
	})
	ada := h.login("ada")
	statusOf := func(name string) (statuses []codes.Code) {
		for _, s := range spans.Ended() {
			if s.Name() == name {
				statuses = append(statuses, s.Status().Code)
			}
		}
		return statuses
	}
	message := func() *wire.ClientFrame {
		f := toPeer("bob", "hello")
		f.Send.Offline = true
		return f
	}
	engine.ask = errors.New("no connection")
	require.Equal(t, wire.Refusal_UNAVAILABLE, ada.ask(message()).GetRefusal().GetReason())
	assert.Equal(t, []codes.Code{codes.Error}, statusOf("nats ask_peer"))
	engine.ask = nil
	for _, engine.keep = range []error{mailbox.ErrUserQuota, mailbox.ErrAppQuota, mailbox.ErrStorageFull} {
		require.NotNil(t, ada.ask(message()).Refusal)
	}
	assert.Equal(t, []codes.Code{codes.Unset, codes.Unset, codes.Error}, statusOf("nats append_mail"))
}
