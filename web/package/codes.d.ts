// Code generated from core/errors.json by go generate; DO NOT EDIT.

/** The codes of errors, by the method that fails: compare them with `code` of an RtmError. Their meanings are in docs/errors.md. */

export declare const AttributeOperationError: {
  readonly ATTRIBUTE_OPERATION_ERR_FAILURE: 2;
  readonly ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT: 3;
  readonly ATTRIBUTE_OPERATION_ERR_SIZE_OVERFLOW: 4;
  readonly ATTRIBUTE_OPERATION_ERR_TOO_OFTEN: 5;
  readonly ATTRIBUTE_OPERATION_ERR_USER_NOT_FOUND: 6;
  readonly ATTRIBUTE_OPERATION_ERR_TIMEOUT: 7;
  readonly ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN: 102;
};
export type AttributeOperationError = (typeof AttributeOperationError)[keyof typeof AttributeOperationError];

export declare const ChannelMessageError: {
  readonly CHANNEL_MESSAGE_ERR_FAILURE: 1;
  readonly CHANNEL_MESSAGE_ERR_TIMEOUT: 2;
  readonly CHANNEL_MESSAGE_ERR_TOO_OFTEN: 3;
  readonly CHANNEL_MESSAGE_ERR_INVALID_MESSAGE: 4;
  readonly CHANNEL_MESSAGE_ERR_NOT_IN_CHANNEL: 5;
  readonly CHANNEL_MESSAGE_ERR_USER_NOT_LOGGED_IN: 102;
};
export type ChannelMessageError = (typeof ChannelMessageError)[keyof typeof ChannelMessageError];

export declare const CreateChannelError: {
  readonly CREATE_CHANNEL_ERR_INVALID_ARGUMENT: 1;
};
export type CreateChannelError = (typeof CreateChannelError)[keyof typeof CreateChannelError];

export declare const CreateInstanceError: {
  readonly CREATE_INSTANCE_ERR_INVALID_ARGUMENT: 1;
};
export type CreateInstanceError = (typeof CreateInstanceError)[keyof typeof CreateInstanceError];

export declare const DownloadMediaError: {
  readonly DOWNLOAD_MEDIA_ERR_FAILURE: 1;
  readonly DOWNLOAD_MEDIA_ERR_INVALID_ARGUMENT: 2;
  readonly DOWNLOAD_MEDIA_ERR_TIMEOUT: 3;
  readonly DOWNLOAD_MEDIA_ERR_NOT_EXIST: 4;
  readonly DOWNLOAD_MEDIA_ERR_CONCURRENCY_LIMIT_EXCEEDED: 5;
  readonly DOWNLOAD_MEDIA_ERR_INTERRUPTED: 6;
  readonly DOWNLOAD_MEDIA_ERR_NOT_LOGGED_IN: 102;
};
export type DownloadMediaError = (typeof DownloadMediaError)[keyof typeof DownloadMediaError];

export declare const GetChannelMemberCountErrCode: {
  readonly GET_CHANNEL_MEMBER_COUNT_ERR_FAILURE: 1;
  readonly GET_CHANNEL_MEMBER_COUNT_ERR_INVALID_ARGUMENT: 2;
  readonly GET_CHANNEL_MEMBER_COUNT_ERR_TOO_OFTEN: 3;
  readonly GET_CHANNEL_MEMBER_COUNT_ERR_TIMEOUT: 4;
  readonly GET_CHANNEL_MEMBER_COUNT_ERR_EXCEED_LIMIT: 5;
  readonly GET_CHANNEL_MEMBER_COUNT_ERR_NOT_INITIALIZED: 101;
  readonly GET_CHANNEL_MEMBER_COUNT_ERR_USER_NOT_LOGGED_IN: 102;
};
export type GetChannelMemberCountErrCode = (typeof GetChannelMemberCountErrCode)[keyof typeof GetChannelMemberCountErrCode];

export declare const GetMembersError: {
  readonly GET_MEMBERS_ERR_FAILURE: 1;
  readonly GET_MEMBERS_ERR_REJECTED: 2;
  readonly GET_MEMBERS_ERR_TIMEOUT: 3;
  readonly GET_MEMBERS_ERR_TOO_OFTEN: 4;
  readonly GET_MEMBERS_ERR_NOT_IN_CHANNEL: 5;
  readonly GET_MEMBERS_ERR_USER_NOT_LOGGED_IN: 102;
};
export type GetMembersError = (typeof GetMembersError)[keyof typeof GetMembersError];

export declare const InvitationApiCallError: {
  readonly INVITATION_API_CALL_ERR_INVALID_ARGUMENT: 1;
  readonly INVITATION_API_CALL_ERR_NOT_STARTED: 2;
  readonly INVITATION_API_CALL_ERR_ALREADY_END: 3;
  readonly INVITATION_API_CALL_ERR_ALREADY_ACCEPT: 4;
  readonly INVITATION_API_CALL_ERR_ALREADY_SENT: 5;
};
export type InvitationApiCallError = (typeof InvitationApiCallError)[keyof typeof InvitationApiCallError];

export declare const JoinChannelError: {
  readonly JOIN_CHANNEL_ERR_FAILURE: 1;
  readonly JOIN_CHANNEL_ERR_REJECTED: 2;
  readonly JOIN_CHANNEL_ERR_INVALID_ARGUMENT: 3;
  readonly JOIN_CHANNEL_TIMEOUT: 4;
  readonly JOIN_CHANNEL_ERR_EXCEED_LIMIT: 5;
  readonly JOIN_CHANNEL_ERR_ALREADY_JOINED: 6;
  readonly JOIN_CHANNEL_ERR_TOO_OFTEN: 7;
  readonly JOIN_CHANNEL_ERR_JOIN_SAME_CHANNEL_TOO_OFTEN: 8;
  readonly JOIN_CHANNEL_ERR_USER_NOT_LOGGED_IN: 102;
  readonly JOIN_CHANNEL_ERR_ABORTED_BY_LEAVE: 201;
  readonly JOIN_CHANNEL_ERR_ALREADY_JOINED_CHANNEL_OF_SAME_ID: 202;
};
export type JoinChannelError = (typeof JoinChannelError)[keyof typeof JoinChannelError];

export declare const LeaveChannelError: {
  readonly LEAVE_CHANNEL_ERR_FAILURE: 1;
  readonly LEAVE_CHANNEL_ERR_REJECTED: 2;
  readonly LEAVE_CHANNEL_ERR_NOT_IN_CHANNEL: 3;
  readonly LEAVE_CHANNEL_ERR_USER_NOT_LOGGED_IN: 102;
};
export type LeaveChannelError = (typeof LeaveChannelError)[keyof typeof LeaveChannelError];

export declare const LoginError: {
  readonly LOGIN_ERR_UNKNOWN: 1;
  readonly LOGIN_ERR_REJECTED: 2;
  readonly LOGIN_ERR_INVALID_ARGUMENT: 3;
  readonly LOGIN_ERR_INVALID_APP_ID: 4;
  readonly LOGIN_ERR_INVALID_TOKEN: 5;
  readonly LOGIN_ERR_TOKEN_EXPIRED: 6;
  readonly LOGIN_ERR_NOT_AUTHORIZED: 7;
  readonly LOGIN_ERR_ALREADY_LOGIN: 8;
  readonly LOGIN_ERR_TIMEOUT: 9;
  readonly LOGIN_ERR_TOO_OFTEN: 10;
  readonly LOGIN_ERR_ABORTED_BY_LOGOUT: 201;
};
export type LoginError = (typeof LoginError)[keyof typeof LoginError];

export declare const LogoutError: {
  readonly LOGOUT_ERR_USER_NOT_LOGGED_IN: 102;
};
export type LogoutError = (typeof LogoutError)[keyof typeof LogoutError];

export declare const PeerMessageError: {
  readonly PEER_MESSAGE_ERR_FAILURE: 1;
  readonly PEER_MESSAGE_ERR_TIMEOUT: 2;
  readonly PEER_MESSAGE_ERR_TOO_OFTEN: 5;
  readonly PEER_MESSAGE_ERR_INVALID_USERID: 6;
  readonly PEER_MESSAGE_ERR_INVALID_MESSAGE: 7;
  readonly PEER_MESSAGE_ERR_INCOMPATIBLE_MESSAGE: 8;
  readonly PEER_MESSAGE_ERR_USER_NOT_LOGGED_IN: 102;
};
export type PeerMessageError = (typeof PeerMessageError)[keyof typeof PeerMessageError];

export declare const PeerSubscriptionStatusError: {
  readonly PEER_SUBSCRIPTION_STATUS_ERR_FAILURE: 1;
  readonly PEER_SUBSCRIPTION_STATUS_ERR_INVALID_ARGUMENT: 2;
  readonly PEER_SUBSCRIPTION_STATUS_ERR_REJECTED: 3;
  readonly PEER_SUBSCRIPTION_STATUS_ERR_TIMEOUT: 4;
  readonly PEER_SUBSCRIPTION_STATUS_ERR_TOO_OFTEN: 5;
  readonly PEER_SUBSCRIPTION_STATUS_ERR_OVERFLOW: 6;
  readonly PEER_SUBSCRIPTION_STATUS_ERR_USER_NOT_LOGGED_IN: 102;
};
export type PeerSubscriptionStatusError = (typeof PeerSubscriptionStatusError)[keyof typeof PeerSubscriptionStatusError];

export declare const QueryPeersBySubscriptionOptionError: {
  readonly QUERY_PEERS_BY_SUBSCRIPTION_OPTION_ERR_FAILURE: 1;
  readonly QUERY_PEERS_BY_SUBSCRIPTION_OPTION_ERR_TIMEOUT: 2;
  readonly QUERY_PEERS_BY_SUBSCRIPTION_OPTION_ERR_TOO_OFTEN: 3;
  readonly QUERY_PEERS_BY_SUBSCRIPTION_OPTION_ERR_USER_NOT_LOGGED_IN: 102;
};
export type QueryPeersBySubscriptionOptionError = (typeof QueryPeersBySubscriptionOptionError)[keyof typeof QueryPeersBySubscriptionOptionError];

export declare const QueryPeersOnlineStatusError: {
  readonly QUERY_PEERS_ONLINE_STATUS_ERR_INVALID_ARGUMENT: 2;
  readonly QUERY_PEERS_ONLINE_STATUS_ERR_REJECTED: 3;
  readonly QUERY_PEERS_ONLINE_STATUS_ERR_TIMEOUT: 4;
  readonly QUERY_PEERS_ONLINE_STATUS_ERR_TOO_OFTEN: 5;
  readonly QUERY_PEERS_ONLINE_STATUS_ERR_USER_NOT_LOGGED_IN: 102;
};
export type QueryPeersOnlineStatusError = (typeof QueryPeersOnlineStatusError)[keyof typeof QueryPeersOnlineStatusError];

export declare const RenewTokenError: {
  readonly RENEW_TOKEN_ERR_FAILURE: 1;
  readonly RENEW_TOKEN_ERR_INVALID_ARGUMENT: 2;
  readonly RENEW_TOKEN_ERR_REJECTED: 3;
  readonly RENEW_TOKEN_ERR_TOO_OFTEN: 4;
  readonly RENEW_TOKEN_ERR_TOKEN_EXPIRED: 5;
  readonly RENEW_TOKEN_ERR_INVALID_TOKEN: 6;
  readonly RENEW_TOKEN_ERR_USER_NOT_LOGGED_IN: 102;
  readonly RENEW_TOKEN_ERR_ABORTED_BY_LOGOUT: 201;
};
export type RenewTokenError = (typeof RenewTokenError)[keyof typeof RenewTokenError];

export declare const UploadMediaError: {
  readonly UPLOAD_MEDIA_ERR_FAILURE: 1;
  readonly UPLOAD_MEDIA_ERR_INVALID_ARGUMENT: 2;
  readonly UPLOAD_MEDIA_ERR_TIMEOUT: 3;
  readonly UPLOAD_MEDIA_ERR_SIZE_OVERFLOW: 4;
  readonly UPLOAD_MEDIA_ERR_CONCURRENCY_LIMIT_EXCEEDED: 5;
  readonly UPLOAD_MEDIA_ERR_INTERRUPTED: 6;
  readonly UPLOAD_MEDIA_ERR_NOT_LOGGED_IN: 102;
};
export type UploadMediaError = (typeof UploadMediaError)[keyof typeof UploadMediaError];
