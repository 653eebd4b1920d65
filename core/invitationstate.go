package core

// InvitationState is the state of a call invitation on one side. Its text is the API's name.
type InvitationState string

// The states of the caller's side (API 5.1), and of the callee's (5.2).
const (
	InvitationIdle             InvitationState = "IDLE"
	InvitationSent             InvitationState = "SENT_TO_REMOTE"
	InvitationReceivedByRemote InvitationState = "RECEIVED_BY_REMOTE"
	InvitationAcceptedByRemote InvitationState = "ACCEPTED_BY_REMOTE"
	InvitationRefusedByRemote  InvitationState = "REFUSED_BY_REMOTE"

	InvitationReceived   InvitationState = "INVITATION_RECEIVED"
	InvitationAcceptSent InvitationState = "ACCEPT_SENT_TO_LOCAL"
	InvitationAccepted   InvitationState = "ACCEPTED"
	InvitationRefused    InvitationState = "REFUSED"

	InvitationCanceled InvitationState = "CANCELED" // of both sides
	InvitationFailure  InvitationState = "FAILURE"  // of both sides
)

// final reports whether the state cannot change any more.
func (s InvitationState) final() bool {
	switch s {
	case InvitationIdle, InvitationSent, InvitationReceivedByRemote, InvitationReceived, InvitationAcceptSent:
		return false
	}
	return true
}

// callEvent is an event that changes an invitation. Events that make it fail are the API's
// reasons of failure.
type callEvent string

const (
	callSend    callEvent = "send"    // by the application
	callTaken   callEvent = "taken"   // the peer's client has acknowledged the frame
	callRetry   callEvent = "retry"   // it is time to send the frame again
	callCancel  callEvent = "cancel"  // by the caller
	callAccept  callEvent = "accept"  // by the callee
	callRefuse  callEvent = "refuse"  // by the callee
	callConfirm callEvent = "confirm" // by the caller: the ACCEPT has arrived

	callUnknown       callEvent = "UNKNOWN"
	callNotLoggedIn   callEvent = "NOT_LOGGEDIN"
	callPeerOffline   callEvent = "PEER_OFFLINE"
	callNoResponse    callEvent = "PEER_NO_RESPONSE"
	callAcceptFailure callEvent = "ACCEPT_FAILURE"
	callExpire        callEvent = "INVITATION_EXPIRE"
)

// isReason reports whether the event makes an invitation fail.
func (e callEvent) isReason() bool { return e[0] < 'a' }

// callEffect is what to do in a transition of the tables.
type callEffect int

const (
	doNothing callEffect = iota
	doOffer              // send the OFFER, and limit the time for it
	doOfferAgain
	doExpire // limit the time for an answer
	doCancel // tell the callee
	doConfirm
	doAccept // send the ACCEPT, and limit the time for its confirmation
	doAcceptAgain
	doRefuse // tell the caller
)

// localNext is the table of API 5.1. An event that is impossible or late does not change the
// state.
func localNext(s InvitationState, e callEvent) (InvitationState, callEffect) {
	switch {
	case s == InvitationIdle && e == callSend:
		return InvitationSent, doOffer
	case s == InvitationIdle || s.final():
		return s, doNothing
	case e == callCancel:
		return InvitationCanceled, doCancel
	case e == callAccept:
		return InvitationAcceptedByRemote, doConfirm
	case e == callRefuse:
		return InvitationRefusedByRemote, doNothing
	case s == InvitationSent && e == callTaken:
		return InvitationReceivedByRemote, doExpire
	case s == InvitationSent && e == callRetry:
		return s, doOfferAgain
	case s == InvitationSent && e == callNoResponse: // the OFFER may still arrive
		return InvitationFailure, doCancel
	case e.isReason():
		return InvitationFailure, doNothing
	}
	return s, doNothing
}

// remoteNext is the table of API 5.2, in the same way.
func remoteNext(s InvitationState, e callEvent) (InvitationState, callEffect) {
	switch {
	case s.final():
		return s, doNothing
	case e == callCancel:
		return InvitationCanceled, doNothing
	case s == InvitationReceived && e == callAccept:
		return InvitationAcceptSent, doAccept
	case s == InvitationReceived && e == callRefuse:
		return InvitationRefused, doRefuse
	case s == InvitationAcceptSent && e == callRetry:
		return s, doAcceptAgain
	case s == InvitationAcceptSent && e == callConfirm:
		return InvitationAccepted, doNothing
	case e.isReason():
		return InvitationFailure, doNothing
	}
	return s, doNothing
}
