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

// Error is the error of a method of the API.
type Error struct {
	Class      Class
	Code       int    // a constant of codes.go, from the enum of the method
	Text       string // what is wrong and what was expected; Error adds the final full stop
	ServerCode int    // the gateway's number, or 0
	Cause      error  // may be nil
}

// Error returns the text in the form of the API, with its leading space.
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

// textError is an error that is only a text.
type textError string

func (e textError) Error() string { return string(e) }
