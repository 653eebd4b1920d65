/** The enums and constants of the exported object (API 1.2): each key equals its value. */

function names<T extends string>(...keys: T[]): { readonly [K in T]: K } {
  return Object.fromEntries(keys.map((key) => [key, key])) as { [K in T]: K };
}

export const ConnectionState = names('DISCONNECTED', 'CONNECTING', 'CONNECTED', 'RECONNECTING', 'ABORTED');
export type ConnectionState = keyof typeof ConnectionState;

export const ConnectionChangeReason = names(
  'LOGIN', 'LOGIN_SUCCESS', 'LOGIN_FAILURE', 'LOGIN_TIMEOUT', 'INTERRUPTED', 'LOGOUT', 'BANNED_BY_SERVER', 'REMOTE_LOGIN',
);
export type ConnectionChangeReason = keyof typeof ConnectionChangeReason;

export const LocalInvitationState = names(
  'IDLE', 'SENT_TO_REMOTE', 'RECEIVED_BY_REMOTE', 'ACCEPTED_BY_REMOTE', 'REFUSED_BY_REMOTE', 'CANCELED', 'FAILURE',
);
export const LocalInvitationFailureReason = names(
  'UNKNOWN', 'PEER_NO_RESPONSE', 'INVITATION_EXPIRE', 'PEER_OFFLINE', 'NOT_LOGGEDIN',
);
export const RemoteInvitationState = names(
  'INVITATION_RECEIVED', 'ACCEPT_SENT_TO_LOCAL', 'REFUSED', 'ACCEPTED', 'CANCELED', 'FAILURE',
);
export const RemoteInvitationFailureReason = names('UNKNOWN', 'PEER_OFFLINE', 'ACCEPT_FAILURE', 'INVITATION_EXPIRE');
export const PeerOnlineState = names('ONLINE', 'UNREACHABLE', 'OFFLINE');
export const PeerSubscriptionOption = names('ONLINE_STATUS');

export const MessageType = names('TEXT', 'RAW', 'IMAGE', 'FILE');
export type MessageType = keyof typeof MessageType;

export const AreaCode = names('GLOBAL', 'INDIA', 'JAPAN', 'ASIA', 'EUROPE', 'CHINA', 'NORTH_AMERICA');
export type AreaCode = keyof typeof AreaCode;

/** Which levels a client logs. */
export interface LogFilter {
  error: boolean;
  warn: boolean;
  info: boolean;
  track: boolean;
  debug: boolean;
}

function upTo(level: number): LogFilter {
  return { error: level > 0, warn: level > 1, info: level > 2, track: level > 3, debug: level > 3 };
}

export const LOG_FILTER_OFF = upTo(0);
export const LOG_FILTER_ERROR = upTo(1);
export const LOG_FILTER_WARNING = upTo(2);
export const LOG_FILTER_INFO = upTo(3);
export const LOG_FILTER_DEBUG = upTo(4);

/** Begins the legacy texts that cancel a call (API 6.6). */
export const END_CALL_PREFIX = 'AgoraRTMLegacyEndcallCompatibleMessagePrefix';
