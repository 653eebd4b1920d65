package core

import "strconv"

// Class is the name of an error's class, as applications see it in err.name (API 2.2).
type Class string

// The classes of the API.
const (
	InvalidArgument Class = "RtmInvalidArgumentError"
	InvalidStatus   Class = "RtmInvalidStatusError"
	LimitExceeded   Class = "RtmLimitExceededError"
	InvokeTooOften  Class = "RtmInvokeTooOftenError"
	Timeout         Class = "RtmTimeoutError"
	Interrupted     Class = "RtmInterruptedError"
	Unauthenticated Class = "RtmUnauthenticatedError"
	Unavailable     Class = "RtmUnavailableError"
	Unknown         Class = "RtmUnknownError"
	Internal        Class = "RtmInternalError"
)

// Error is what a method of the API fails with.
type Error struct {
	Class      Class
	Code       int    // a constant of codes.go, from the enum of the method
	Text       string // what was wrong and what is wanted; Error adds the final full stop
	ServerCode int    // the gateway's number, 0 if none
	Cause      error  // nil if none
}

// Error is the text in the form of the API, its leading space included.
func (e *Error) Error() string {
	s := " Error Code " + strconv.Itoa(e.Code)
	if e.ServerCode != 0 {
		s += ", server Code " + strconv.Itoa(e.ServerCode)
	}
	s += " - " + e.Text
	if end := s[len(s)-1]; end != '.' && end != '?' {
		s += "."
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// textError is a plain error; the core needs no wrapping or comparing.
type textError string

func (e textError) Error() string { return string(e) }
