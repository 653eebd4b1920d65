package media

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tus/tusd/v2/pkg/handler"

	"rtmwasm/core"
)

// Errors of uploads that are scanned before anybody can read them.
var (
	errUnchecked    = withReason(handler.NewError("ERR_SCANNER_UNAVAILABLE", "the scanner of uploads does not answer: try again", http.StatusServiceUnavailable))
	errBeingChecked = withReason(handler.NewError("ERR_BEING_SCANNED", "the file is still being scanned: ask for the offset and send the last byte again", http.StatusLocked))
)

// errRejected is the error for a file that the scanner has rejected.
func errRejected(reason string) handler.Error {
	return withReason(handler.NewError("ERR_REJECTED", "the file was rejected: "+reason, http.StatusUnprocessableEntity))
}

// withReason also puts the text of an error into a header. The SDK reads it there, because it does not read the
// bodies of responses to uploads, and the response to HEAD has no body.
func withReason(e handler.Error) handler.Error {
	return withHeader(e, core.ReasonHeader, percentEncode(e.Message))
}

// percentEncode encodes UTF-8 text for a header, in the same way as gRPC encodes its messages. Printable ASCII
// stays as it is, except for the percent sign.
func percentEncode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
