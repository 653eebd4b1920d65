package core

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var (
	allCallEvents = []callEvent{
		callSend, callTaken, callRetry, callCancel, callAccept, callRefuse, callConfirm,
		callUnknown, callNotLoggedIn, callPeerOffline, callNoResponse, callAcceptFailure, callExpire,
	}
	localStates = []InvitationState{
		InvitationIdle, InvitationSent, InvitationReceivedByRemote, InvitationAcceptedByRemote,
		InvitationRefusedByRemote, InvitationCanceled, InvitationFailure,
	}
	remoteStates = []InvitationState{
		InvitationReceived, InvitationAcceptSent, InvitationAccepted, InvitationRefused, InvitationCanceled, InvitationFailure,
	}
)

type callArrow struct {
	from  InvitationState
	event callEvent
}

type callOutcome struct {
	to InvitationState
	do callEffect
}

// The table of API 5.1. What is not in it changes nothing.
var localArrows = map[callArrow]callOutcome{
	{InvitationIdle, callSend}: {InvitationSent, doOffer},

	{InvitationSent, callTaken}:         {InvitationReceivedByRemote, doExpire},
	{InvitationSent, callRetry}:         {InvitationSent, doOfferAgain},
	{InvitationSent, callCancel}:        {InvitationCanceled, doCancel},
	{InvitationSent, callAccept}:        {InvitationAcceptedByRemote, doConfirm},
	{InvitationSent, callRefuse}:        {InvitationRefusedByRemote, doNothing},
	{InvitationSent, callNoResponse}:    {InvitationFailure, doCancel},
	{InvitationSent, callPeerOffline}:   {InvitationFailure, doNothing},
	{InvitationSent, callNotLoggedIn}:   {InvitationFailure, doNothing},
	{InvitationSent, callUnknown}:       {InvitationFailure, doNothing},
	{InvitationSent, callExpire}:        {InvitationFailure, doNothing},
	{InvitationSent, callAcceptFailure}: {InvitationFailure, doNothing},

	{InvitationReceivedByRemote, callCancel}:        {InvitationCanceled, doCancel},
	{InvitationReceivedByRemote, callAccept}:        {InvitationAcceptedByRemote, doConfirm},
	{InvitationReceivedByRemote, callRefuse}:        {InvitationRefusedByRemote, doNothing},
	{InvitationReceivedByRemote, callExpire}:        {InvitationFailure, doNothing},
	{InvitationReceivedByRemote, callNotLoggedIn}:   {InvitationFailure, doNothing},
	{InvitationReceivedByRemote, callUnknown}:       {InvitationFailure, doNothing},
	{InvitationReceivedByRemote, callNoResponse}:    {InvitationFailure, doNothing},
	{InvitationReceivedByRemote, callPeerOffline}:   {InvitationFailure, doNothing},
	{InvitationReceivedByRemote, callAcceptFailure}: {InvitationFailure, doNothing},
}

// The table of API 5.2, likewise.
var remoteArrows = map[callArrow]callOutcome{
	{InvitationReceived, callAccept}:        {InvitationAcceptSent, doAccept},
	{InvitationReceived, callRefuse}:        {InvitationRefused, doRefuse},
	{InvitationReceived, callCancel}:        {InvitationCanceled, doNothing},
	{InvitationReceived, callExpire}:        {InvitationFailure, doNothing},
	{InvitationReceived, callUnknown}:       {InvitationFailure, doNothing},
	{InvitationReceived, callNotLoggedIn}:   {InvitationFailure, doNothing},
	{InvitationReceived, callPeerOffline}:   {InvitationFailure, doNothing},
	{InvitationReceived, callNoResponse}:    {InvitationFailure, doNothing},
	{InvitationReceived, callAcceptFailure}: {InvitationFailure, doNothing},

	{InvitationAcceptSent, callRetry}:         {InvitationAcceptSent, doAcceptAgain},
	{InvitationAcceptSent, callConfirm}:       {InvitationAccepted, doNothing},
	{InvitationAcceptSent, callCancel}:        {InvitationCanceled, doNothing},
	{InvitationAcceptSent, callExpire}:        {InvitationFailure, doNothing},
	{InvitationAcceptSent, callAcceptFailure}: {InvitationFailure, doNothing},
	{InvitationAcceptSent, callPeerOffline}:   {InvitationFailure, doNothing},
	{InvitationAcceptSent, callUnknown}:       {InvitationFailure, doNothing},
	{InvitationAcceptSent, callNotLoggedIn}:   {InvitationFailure, doNothing},
	{InvitationAcceptSent, callNoResponse}:    {InvitationFailure, doNothing},
}

func TestNextInvitationState(t *testing.T) {
	for _, side := range []struct {
		name   string
		states []InvitationState
		next   func(InvitationState, callEvent) (InvitationState, callEffect)
		arrows map[callArrow]callOutcome
	}{{"local", localStates, localNext, localArrows}, {"remote", remoteStates, remoteNext, remoteArrows}} {
		for _, from := range side.states {
			for _, e := range allCallEvents {
				want, ok := side.arrows[callArrow{from, e}]
				if !ok {
					want = callOutcome{from, doNothing}
				}
				t.Run(side.name+" "+string(from)+" -"+string(e)+"-> "+string(want.to), func(t *testing.T) {
					to, do := side.next(from, e)
					assert.Equal(t, want, callOutcome{to, do})
				})
			}
		}
	}
}
