package wire

import "errors"

// errMalformed is the error of bytes that are not a message. `make generate` puts it in the place
// of the generator's texts for the same: nobody sees them, and pages would load 2.6 KB more.
var errMalformed = errors.New("rtm: malformed message")
