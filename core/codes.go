// Code generated from core/errors.json by go generate; DO NOT EDIT.

package core

// AttributeOperationError
const (
	AttributeOperationErrFailure         = 2
	AttributeOperationErrInvalidArgument = 3
	AttributeOperationErrSizeOverflow    = 4
	AttributeOperationErrTooOften        = 5
	AttributeOperationErrUserNotFound    = 6
	AttributeOperationErrTimeout         = 7
	AttributeOperationErrUserNotLoggedIn = 102
)

// ChannelMessageError
const (
	ChannelMessageErrFailure         = 1
	ChannelMessageErrTimeout         = 2
	ChannelMessageErrTooOften        = 3
	ChannelMessageErrInvalidMessage  = 4
	ChannelMessageErrNotInChannel    = 5
	ChannelMessageErrUserNotLoggedIn = 102
)

// CreateChannelError
const (
	CreateChannelErrInvalidArgument = 1
)

// CreateInstanceError
const (
	CreateInstanceErrInvalidArgument = 1
)

// DownloadMediaError
const (
	DownloadMediaErrFailure                  = 1
	DownloadMediaErrInvalidArgument          = 2
	DownloadMediaErrTimeout                  = 3
	DownloadMediaErrNotExist                 = 4
	DownloadMediaErrConcurrencyLimitExceeded = 5
	DownloadMediaErrInterrupted              = 6
	DownloadMediaErrNotLoggedIn              = 102
)

// GetChannelMemberCountErrCode
const (
	GetChannelMemberCountErrFailure         = 1
	GetChannelMemberCountErrInvalidArgument = 2
	GetChannelMemberCountErrTooOften        = 3
	GetChannelMemberCountErrTimeout         = 4
	GetChannelMemberCountErrExceedLimit     = 5
	GetChannelMemberCountErrNotInitialized  = 101
	GetChannelMemberCountErrUserNotLoggedIn = 102
)

// GetMembersError
const (
	GetMembersErrFailure         = 1
	GetMembersErrRejected        = 2
	GetMembersErrTimeout         = 3
	GetMembersErrTooOften        = 4
	GetMembersErrNotInChannel    = 5
	GetMembersErrUserNotLoggedIn = 102
)

// InvitationApiCallError
const (
	InvitationApiCallErrInvalidArgument = 1
	InvitationApiCallErrNotStarted      = 2
	InvitationApiCallErrAlreadyEnd      = 3
	InvitationApiCallErrAlreadyAccept   = 4
	InvitationApiCallErrAlreadySent     = 5
)

// JoinChannelError
const (
	JoinChannelErrFailure                      = 1
	JoinChannelErrRejected                     = 2
	JoinChannelErrInvalidArgument              = 3
	JoinChannelTimeout                         = 4
	JoinChannelErrExceedLimit                  = 5
	JoinChannelErrAlreadyJoined                = 6
	JoinChannelErrTooOften                     = 7
	JoinChannelErrJoinSameChannelTooOften      = 8
	JoinChannelErrUserNotLoggedIn              = 102
	JoinChannelErrAbortedByLeave               = 201
	JoinChannelErrAlreadyJoinedChannelOfSameID = 202
)

// LeaveChannelError
const (
	LeaveChannelErrFailure         = 1
	LeaveChannelErrRejected        = 2
	LeaveChannelErrNotInChannel    = 3
	LeaveChannelErrUserNotLoggedIn = 102
)

// LoginError
const (
	LoginErrUnknown         = 1
	LoginErrRejected        = 2
	LoginErrInvalidArgument = 3
	LoginErrInvalidAppID    = 4
	LoginErrInvalidToken    = 5
	LoginErrTokenExpired    = 6
	LoginErrNotAuthorized   = 7
	LoginErrAlreadyLogin    = 8
	LoginErrTimeout         = 9
	LoginErrTooOften        = 10
	LoginErrAbortedByLogout = 201
)

// LogoutError
const (
	LogoutErrUserNotLoggedIn = 102
)

// PeerMessageError
const (
	PeerMessageErrFailure             = 1
	PeerMessageErrTimeout             = 2
	PeerMessageErrTooOften            = 5
	PeerMessageErrInvalidUserID       = 6
	PeerMessageErrInvalidMessage      = 7
	PeerMessageErrIncompatibleMessage = 8
	PeerMessageErrUserNotLoggedIn     = 102
)

// PeerSubscriptionStatusError
const (
	PeerSubscriptionStatusErrFailure         = 1
	PeerSubscriptionStatusErrInvalidArgument = 2
	PeerSubscriptionStatusErrRejected        = 3
	PeerSubscriptionStatusErrTimeout         = 4
	PeerSubscriptionStatusErrTooOften        = 5
	PeerSubscriptionStatusErrOverflow        = 6
	PeerSubscriptionStatusErrUserNotLoggedIn = 102
)

// QueryPeersBySubscriptionOptionError
const (
	QueryPeersBySubscriptionOptionErrFailure         = 1
	QueryPeersBySubscriptionOptionErrTimeout         = 2
	QueryPeersBySubscriptionOptionErrTooOften        = 3
	QueryPeersBySubscriptionOptionErrUserNotLoggedIn = 102
)

// QueryPeersOnlineStatusError
const (
	QueryPeersOnlineStatusErrInvalidArgument = 2
	QueryPeersOnlineStatusErrRejected        = 3
	QueryPeersOnlineStatusErrTimeout         = 4
	QueryPeersOnlineStatusErrTooOften        = 5
	QueryPeersOnlineStatusErrUserNotLoggedIn = 102
)

// RenewTokenError
const (
	RenewTokenErrFailure         = 1
	RenewTokenErrInvalidArgument = 2
	RenewTokenErrRejected        = 3
	RenewTokenErrTooOften        = 4
	RenewTokenErrTokenExpired    = 5
	RenewTokenErrInvalidToken    = 6
	RenewTokenErrUserNotLoggedIn = 102
	RenewTokenErrAbortedByLogout = 201
)

// UploadMediaError
const (
	UploadMediaErrFailure                  = 1
	UploadMediaErrInvalidArgument          = 2
	UploadMediaErrTimeout                  = 3
	UploadMediaErrSizeOverflow             = 4
	UploadMediaErrConcurrencyLimitExceeded = 5
	UploadMediaErrInterrupted              = 6
	UploadMediaErrNotLoggedIn              = 102
)
