package rest

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
)

// failure is an answer that reports an error.
type failure struct {
	status int
	code   string // one word, for programs
	text   string // one sentence, for people

	retryAfter int // seconds, for the header Retry-After; 0 means no header
}

func (f *failure) Error() string { return f.text }

// Failures of calls.
var (
	notFound     = &failure{status: http.StatusNotFound, code: "not_found", text: "there is no such endpoint: see docs/backend.md"}
	off          = &failure{status: http.StatusNotFound, code: "rest_off", text: "the REST interface is off: start the gateway with --rest-key ID:SECRET"}
	unauthorized = &failure{status: http.StatusUnauthorized, code: "unauthorized",
		text: "the credentials do not allow this call for this app: send a key of --rest-key by Basic, x-agora-token with x-agora-uid, or Authorization: agora token=TOKEN; a token allows calls only in the name of its user"}
	userBanned  = &failure{status: http.StatusUnauthorized, code: "unauthorized", text: "the user is banned"}
	tooOften    = &failure{status: http.StatusTooManyRequests, code: "rate_limited", text: "the app calls this endpoint more often than it may in a second: try again later", retryAfter: 1}
	tooLarge    = &failure{status: http.StatusRequestEntityTooLarge, code: "too_large", text: "the body has more than 512 KiB"}
	noAnswer    = &failure{status: http.StatusRequestTimeout, code: "timeout", text: "the receiver is online and did not acknowledge the message in time: it may still arrive"}
	unavailable = &failure{status: http.StatusInternalServerError, code: "unavailable", text: "the gateway cannot do this now: try again"}
	starting    = &failure{status: http.StatusServiceUnavailable, code: "unavailable", text: "the gateway is starting: try again later", retryAfter: 1}
	noQuery     = &failure{status: http.StatusGone, code: "query_expired", text: "there is no such query: make a new one, which can be read for 10 minutes"}
	fullHistory = &failure{status: http.StatusTooManyRequests, code: "quota_exceeded", text: "the history of the app is full, so the message was not sent: send it without enable_historical_messaging", retryAfter: 3600}
	notKept     = &failure{status: http.StatusNotFound, code: "not_kept", text: "the gateway does not store this: see its settings"}
	noStorage   = &failure{status: http.StatusInternalServerError, code: "unavailable", text: "the gateway has no room for offline messages now: try again later"}
	overQuota   = &failure{status: http.StatusTooManyRequests, code: "quota_exceeded", text: "the quota of offline messages within seven days is used up: send this message when its receiver is online", retryAfter: 3600}
)

// invalid returns the failure of a malformed request.
func invalid(format string, args ...any) *failure {
	return &failure{status: http.StatusBadRequest, code: "invalid_parameter", text: fmt.Sprintf(format, args...)}
}

// newRequestID returns an id in the vendor's form: 6 digits, an underscore and 19 digits.
func newRequestID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%06d_%019d", binary.BigEndian.Uint32(b[:4])%1_000_000, binary.BigEndian.Uint64(b[4:])>>1)
}

// ServeStarting answers a call to a gateway that is still starting.
func ServeStarting(w http.ResponseWriter) { writeFailure(w, newRequestID(), starting) }

// write sends an answer. The value is a struct whose first fields are result and request_id.
func write(w http.ResponseWriter, status int, value any) {
	h := w.Header()
	h.Set("Content-Type", "application/json;charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // fails only if the caller is gone
}

// writeFailure sends a failure. The text is in two fields, because some callers read one and some the other.
func writeFailure(w http.ResponseWriter, id string, f *failure) {
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(f.retryAfter))
	}
	write(w, f.status, struct {
		Result    string `json:"result"`
		RequestID string `json:"request_id"`
		Code      string `json:"code"`
		Reason    string `json:"reason"`
		Message   string `json:"message"`
	}{"failed", id, f.code, f.text, f.text})
}
