package media

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tus/tusd/v2/pkg/handler"

	"rtmwasm/core"
)

// Errors of uploads that are checked before anybody can read them.
var (
	errUnchecked    = withReason(handler.NewError("ERR_SCANNER_UNAVAILABLE", "the scanner that looks at files does not answer: try again", http.StatusServiceUnavailable))
	errBeingChecked = withReason(handler.NewError("ERR_BEING_SCANNED", "the file is still being scanned: ask for the offset and send the last byte again", http.StatusLocked))
)

// errRejected is for a file that nobody may read.
func errRejected(reason string) handler.Error {
	return withReason(handler.NewError("ERR_REJECTED", "the file was rejected: "+reason, http.StatusUnprocessableEntity))
}

// withReason puts the text of an error into a header, too, where the SDK finds it: it reads no
// bodies of uploads, and the answer to HEAD has none.
func withReason(e handler.Error) handler.Error {
	return withHeader(e, core.ReasonHeader, percentEncode(e.Message))
}

// percentEncode makes UTF-8 what a header can have, as gRPC does with its messages: printable
// ASCII stays as it is, except for the percent sign.
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
