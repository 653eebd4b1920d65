/**
 * rtm-wasm: the API of the RTM Web SDK 1.4 on a gateway of your own.
 *
 * Asynchronous methods never throw: they reject with an {@link RtmError}. All other methods
 * do their work, or throw, before they return, even if the wasm is not loaded yet. `@throws` has
 * the class of the error, the name of its code in `rtm-wasm/codes`, and its number. Sizes of
 * strings are bytes of UTF-8. "Allowed characters" of ids are ASCII letters and digits, white space and
 * `! # $ % & ( ) + - , . : ; < = > ? @ [ ] ^ _ { | } ~`.
 */
export as namespace AgoraRTM;

declare global {
  interface SymbolConstructor {
    /** Part of ES2026; declared here for compilers whose library lacks it. */
    readonly asyncDispose: unique symbol;
  }
}

export type {
  LocalInvitation, RemoteInvitation, RtmChannel, RtmClient, RtmEvents, RtmFileMessage, RtmImageMessage,
  RtmMessage, RtmRawMessage, RtmStatusCode, RtmTextMessage,
};

/* Errors */

/** What methods throw or reject with. Tell them apart by `name` and `code`. */
export interface RtmError extends Error {
  readonly name:
    | 'RtmInvalidArgumentError'
    | 'RtmInvalidStatusError'
    | 'RtmLimitExceededError'
    | 'RtmInvokeTooOftenError'
    | 'RtmTimeoutError'
    | 'RtmInterruptedError'
    | 'RtmUnauthenticatedError'
    | 'RtmUnavailableError'
    | 'RtmUnknownError'
    | 'RtmInternalError';
  /** A number from the enum of the method that failed. */
  readonly code?: number;
  /** A number that the gateway sent. For media it is the HTTP status of the last attempt, which may come from a proxy. */
  readonly serverCode?: number;
  /** The cause, if there is one. */
  readonly originalError?: unknown;
}

/**
 * Whether a value is an error of the SDK, also if it comes from another frame. The codes have names in `rtm-wasm/codes`.
 *
 * @param value the value that was caught
 * @example
 * import { isRtmError } from 'rtm-wasm';
 * import { LoginError } from 'rtm-wasm/codes';
 *
 * try {
 *   await client.login({ uid, token });
 * } catch (e) {
 *   if (!isRtmError(e) || e.code !== LoginError.LOGIN_ERR_TOKEN_EXPIRED) throw e;
 * }
 */
export declare function isRtmError(value: unknown): value is RtmError;

/* Messages */

/** At most 32768 bytes. */
interface RtmTextMessage {
  text: string;
  messageType?: 'TEXT';
  rawMessage?: undefined;
  description?: undefined;
}

/** At most 32768 bytes of rawMessage and description together. */
interface RtmRawMessage {
  rawMessage: Uint8Array;
  description?: string;
  messageType?: 'RAW';
  text?: undefined;
}

/** At most 32768 bytes of fileName, description and thumbnail together. */
interface RtmFileMessage {
  messageType: 'FILE';
  /** The id of the uploaded file, which everybody in the app can download for seven days. */
  mediaId: string;
  fileName: string;
  description: string;
  /** A picture that is part of the message. In a received message it has no type. It is empty if the sender gave no thumbnail. */
  thumbnail?: Blob;
  /** The same Blob as `thumbnail`. Not enumerable. */
  readonly thumbnailData?: Blob;
  /** In bytes. */
  size: number;
  text?: undefined;
  rawMessage?: undefined;
}

/** At most 32768 bytes of fileName, description and thumbnail together. */
interface RtmImageMessage extends Omit<RtmFileMessage, 'messageType'> {
  messageType: 'IMAGE';
  /** In pixels, as displayed; 0 if unknown. */
  width: number;
  /** As width. */
  height: number;
  /** As width. */
  thumbnailWidth: number;
  /** As width. */
  thumbnailHeight: number;
}

/** A message. Without a messageType it is RAW if it has a rawMessage, else TEXT. */
type RtmMessage = RtmTextMessage | RtmRawMessage | RtmFileMessage | RtmImageMessage;

/** A message to send. An IMAGE or FILE needs only messageType and mediaId. */
export type OutgoingMessage = RtmMessage | Sendable<RtmFileMessage> | Sendable<RtmImageMessage>;
type Sendable<T extends { messageType: string; mediaId: string }> = Pick<T, 'messageType' | 'mediaId'> & Partial<T>;

/** A received message. `messageType` is its kind, and all fields of that kind are set. */
export type ReceivedMessage =
  | (RtmTextMessage & { messageType: 'TEXT' })
  | (RtmRawMessage & { messageType: 'RAW'; description: string })
  | (RtmFileMessage & WithThumbnail)
  | (RtmImageMessage & WithThumbnail);
type WithThumbnail = { thumbnail: Blob; readonly thumbnailData: Blob };

export interface ReceivedMessageProperties {
  /** The gateway's clock, in ms since 1970. */
  serverReceivedTs: number;
  /** Whether the gateway kept the message while the receiver was not logged in. */
  isOfflineMessage: boolean;
}

export interface SendMessageOptions {
  /** Keep the message for a peer who is not online: the latest 200 messages, for seven days. No effect in channels. Default false. */
  enableOfflineMessaging?: boolean;
  /**
   * Store the message in the history that the app's backend can read: texts, pictures and files. The gateway keeps it for seven days
   * unless its operator has set another time. If the app's quota is used up, sending fails. Default false.
   */
  enableHistoricalMessaging?: boolean;
}

export interface PeerMessageSendResult {
  /** Whether the peer was online and has the message. */
  hasPeerReceived: boolean;
}

/* Media */

export interface MediaOperationProgress {
  /** In bytes; never goes down. */
  currentSize: number;
  /** In bytes; the size of the file. */
  totalSize: number;
}

export interface MediaTransferHandler {
  /** Cancels the task, which rejects with RtmInterruptedError 6. */
  cancelSignal?: AbortSignal;
  /** Called with 0 when the transfer begins, then from time to time, and with the total before the promise resolves. */
  onOperationProgress?: (progress: MediaOperationProgress) => void;
}

export interface MediaUrlOptions {
  /** How long the URL is valid, in whole seconds: at most 604800 (seven days). It ends earlier if the gateway deletes the file. Default 3600. */
  expiresIn?: number;
  /** The file name under which browsers save the file, 1 to 255 bytes. Without it, browsers show the file if they can. */
  download?: string;
}

/** fileName, description and thumbnail are copied into the message; other fields have no effect. */
export type FileUploadParams = Partial<RtmFileMessage>;
/** messageType may be left out if a width or height is given. The SDK measures the sizes that are not given. */
export type ImageUploadParams = Partial<RtmImageMessage> & {
  /** True or options: the SDK prepares the picture first, as {@link prepareImage} does. It does not change other params that you give. */
  prepare?: boolean | PrepareImageOptions;
};

export interface PrepareImageOptions {
  /** The longest side in pixels, at least 1. A larger picture is drawn again at that size. Default: no limit. */
  maxSide?: number;
  /** The quality of a picture that is drawn again: above 0, at most 1. If given, every picture is drawn again, unless that makes it larger. Default 0.85. */
  quality?: number;
  /** False keeps the metadata of a picture that is not drawn again. Default true. */
  stripMetadata?: boolean;
  /** False makes no thumbnail. Default true. */
  thumbnail?: boolean | Blob;
  /** The fileName of the message: the thumbnail leaves room for it. */
  fileName?: string;
  /** The description of the message: the thumbnail leaves room for it. */
  description?: string;
  /** Cancels the preparation, which rejects with RtmInterruptedError 6. */
  signal?: AbortSignal;
}

/** The result of {@link prepareImage}. Spread all fields except payload and placeholder into the params of an upload. */
export interface PreparedImage {
  /** The picture to upload. It is the file itself if nothing had to change. */
  payload: Blob;
  /** Width of the payload in pixels, as displayed. */
  width: number;
  /** As width. */
  height: number;
  /** A JPEG, or a WebP or PNG if the picture is transparent: longest side 320, at most 32 KB with fileName and description. */
  thumbnail?: Blob;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
  /** A ThumbHash in base64, about 30 characters, for placeholderUrl of `rtm-wasm/placeholder`. */
  placeholder: string;
}

/** The message that an upload makes; send it to share the file. */
export type UploadedFileMessage = RtmFileMessage;
export type UploadedImageMessage = RtmImageMessage;

/* Presence, attributes, counts */

/** True for each user who is logged in, even if the user is UNREACHABLE. */
export interface PeersOnlineStatusResult {
  [peerId: string]: boolean;
}

/** UNREACHABLE: silent for more than 6 s. OFFLINE: logged out, or silent for more than 30 s. */
export interface PeersOnlineStatusMap {
  [peerId: string]: RtmStatusCode.PeerOnlineState;
}

/** At most 32 attributes: keys of 1 to 32 bytes, values of 1 to 8192, 16384 in all for a user and 32768 for a channel. */
export interface AttributesMap {
  [key: string]: string;
}

/** Attributes of a channel. The gateway keeps them for 5 to 7 min after the last member left, or after the last write if that is later. */
export interface ChannelAttributes {
  [key: string]: {
    /** 1 to 8192 bytes. */
    value: string;
    /** Who wrote it last. */
    lastUpdateUserId: string;
    /** In ms since 1970. */
    lastUpdateTs: number;
  };
}

export interface ChannelAttributeOptions {
  /** Whether members get AttributesUpdated. Default false. */
  enableNotificationToChannelMembers?: boolean;
}

/** Members by channel id; 0 for an unknown channel. */
export interface ChannelMemberCountResult {
  [channelId: string]: number;
}

/* Enums: every value is its own name */

type Names<T extends string> = { readonly [K in T]: K };

/** For types only; the values are members of AgoraRTM, such as AgoraRTM.ConnectionState. */
declare namespace RtmStatusCode {
  const ConnectionState: Names<'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'ABORTED'>;
  type ConnectionState = keyof typeof ConnectionState;
  const ConnectionChangeReason: Names<
    'LOGIN' | 'LOGIN_SUCCESS' | 'LOGIN_FAILURE' | 'LOGIN_TIMEOUT' | 'INTERRUPTED' | 'LOGOUT' | 'BANNED_BY_SERVER' | 'REMOTE_LOGIN'
  >;
  type ConnectionChangeReason = keyof typeof ConnectionChangeReason;
  const LocalInvitationState: Names<
    'IDLE' | 'SENT_TO_REMOTE' | 'RECEIVED_BY_REMOTE' | 'ACCEPTED_BY_REMOTE' | 'REFUSED_BY_REMOTE' | 'CANCELED' | 'FAILURE'
  >;
  type LocalInvitationState = keyof typeof LocalInvitationState;
  const LocalInvitationFailureReason: Names<'UNKNOWN' | 'PEER_NO_RESPONSE' | 'INVITATION_EXPIRE' | 'PEER_OFFLINE' | 'NOT_LOGGEDIN'>;
  type LocalInvitationFailureReason = keyof typeof LocalInvitationFailureReason;
  const RemoteInvitationState: Names<'INVITATION_RECEIVED' | 'ACCEPT_SENT_TO_LOCAL' | 'REFUSED' | 'ACCEPTED' | 'CANCELED' | 'FAILURE'>;
  type RemoteInvitationState = keyof typeof RemoteInvitationState;
  const RemoteInvitationFailureReason: Names<'UNKNOWN' | 'PEER_OFFLINE' | 'ACCEPT_FAILURE' | 'INVITATION_EXPIRE'>;
  type RemoteInvitationFailureReason = keyof typeof RemoteInvitationFailureReason;
  const PeerOnlineState: Names<'ONLINE' | 'UNREACHABLE' | 'OFFLINE'>;
  type PeerOnlineState = keyof typeof PeerOnlineState;
  const PeerSubscriptionOption: Names<'ONLINE_STATUS'>;
  type PeerSubscriptionOption = keyof typeof PeerSubscriptionOption;
  const MessageType: Names<'TEXT' | 'RAW' | 'IMAGE' | 'FILE'>;
  type MessageType = keyof typeof MessageType;
  const AreaCode: Names<'GLOBAL' | 'INDIA' | 'JAPAN' | 'ASIA' | 'EUROPE' | 'CHINA' | 'NORTH_AMERICA'>;
  type AreaCode = keyof typeof AreaCode;
}

/* Events */

/** Handlers by the name of their event. */
declare namespace RtmEvents {
  interface RtmClientEvents {
    /** Emitted when connectionState already has the new value. */
    ConnectionStateChanged: (newState: RtmStatusCode.ConnectionState, reason: RtmStatusCode.ConnectionChangeReason) => void;
    /**
     * A message from a peer. Messages that were sent while the connection was lost follow after the reconnect. Messages that were sent with
     * enableOfflineMessaging while this user was not logged in follow after the login.
     */
    MessageFromPeer: (message: ReceivedMessage, peerId: string, messageProps: ReceivedMessageProperties) => void;
    /** A peer calls. Emitted once for each call. */
    RemoteInvitationReceived: (remoteInvitation: RemoteInvitation) => void;
    /** The gateway refused the token while RECONNECTING. Call renewToken, or log out. Until then the client does not try to connect. */
    TokenExpired: () => void;
    /** States of subscribed peers. Emitted after subscribing, when a state changes, and for all peers after a reconnect. */
    PeersOnlineStatusChanged: (status: PeersOnlineStatusMap) => void;
    /** Never emitted: there is no proxy. */
    FallbackProxyConnected: () => void;
  }

  interface RtmChannelEvents {
    /** A message from another member. After a reconnect the missed messages follow: the latest 32 of the last 30 s. */
    ChannelMessage: (message: ReceivedMessage, memberId: string, messageProps: ReceivedMessageProperties) => void;
    /** Another member joined. Not emitted in channels with more than 512 members. */
    MemberJoined: (memberId: string) => void;
    /**
     * Another member left, logged out, or had no connection for 30 s. Not emitted in channels with more than 512 members. If this client itself
     * had no connection for more than 30 s, the event comes 30 s after the reconnect.
     */
    MemberLeft: (memberId: string) => void;
    /** The number of members has changed. Emitted at most once a second, or every 3 s if there are more than 512 members. */
    MemberCountUpdated: (memberCount: number) => void;
    /** All attributes of the channel, after a change with enableNotificationToChannelMembers. */
    AttributesUpdated: (attributes: ChannelAttributes) => void;
  }

  interface LocalInvitationEvents {
    /** The callee's client has the invitation; the callee has 60 s to answer. */
    LocalInvitationReceivedByPeer: () => void;
    /** Emitted before cancel returns. */
    LocalInvitationCanceled: () => void;
    /** The callee accepted; response has at most 8192 bytes. */
    LocalInvitationAccepted: (response: string) => void;
    /** The callee refused; response has at most 8192 bytes. */
    LocalInvitationRefused: (response: string) => void;
    /**
     * PEER_OFFLINE: the callee was not online for 30 s. PEER_NO_RESPONSE: the callee's client did not acknowledge in 10 s, or this client had
     * no connection for 30 s. INVITATION_EXPIRE: no answer in 60 s. NOT_LOGGEDIN: this client was not logged in, or logged out
     * during the call. UNKNOWN: any other reason.
     */
    LocalInvitationFailure: (reason: RtmStatusCode.LocalInvitationFailureReason) => void;
  }

  interface RemoteInvitationEvents {
    /** The caller canceled the call; content has at most 8192 bytes. */
    RemoteInvitationCanceled: (content: string) => void;
    /** Emitted before refuse returns. */
    RemoteInvitationRefused: () => void;
    /** The caller has confirmed. */
    RemoteInvitationAccepted: () => void;
    /**
     * INVITATION_EXPIRE: not answered in 60 s. ACCEPT_FAILURE: the caller is online and did not confirm in 5 s. PEER_OFFLINE: the
     * caller did not confirm in 5 s and is offline. UNKNOWN: this client logged out during the call, or any other reason.
     */
    RemoteInvitationFailure: (reason: RtmStatusCode.RemoteInvitationFailureReason) => void;
  }
}

/** Events of a client that 1.4 does not have. They have a type of their own so that maps of all handlers of 1.4 still compile. */
export interface MoreClientEvents {
  /** Messages of all channels of the client; the RtmChannel's event comes first. */
  ChannelMessage: (message: ReceivedMessage, memberId: string, messageProps: ReceivedMessageProperties, channelId: string) => void;
  /** Emitted 30 s before the token expires. The session goes on even if the token expires. */
  TokenPrivilegeWillExpire: () => void;
}

type AnyListener = (...args: any[]) => any;
type ArgumentsOf<T> = T extends (...args: infer U) => any ? U : never;
/** The type that applications use in generic functions around `on`. */
type GenericArgumentsOf<T> = [T] extends [(...args: infer U) => any] ? U : [T] extends [void] ? [] : [T];

/** Adds or removes a listener. The last three forms are only for wrappers that are generic in the event. */
interface Subscribe<Events, More, Self> {
  <E extends keyof More>(event: E, listener: More[E]): Self;
  <E extends keyof Events>(event: E, listener: (...args: ArgumentsOf<Events[E]>) => any): Self;
  <E extends keyof Events>(event: E, listener: (...args: GenericArgumentsOf<Events[E]>) => any): Self;
  <E extends keyof Events>(event: E, listener: Events[E]): Self;
}

/**
 * Like Node's EventEmitter. If a listener throws, the error is logged, and the remaining listeners are
 * not called for that event. Neither logout nor leave removes listeners.
 */
declare class TypedEmitter<Events, More = {}> {
  /**
   * Adds a listener after the existing ones. A listener that is added twice is called twice.
   *
   * @throws {TypeError} the listener is not a function; the next four methods throw it, too
   * @example
   * client.on('MessageFromPeer', (message, peerId) => console.log(peerId, message.messageType));
   */
  on: Subscribe<Events, More, this>;
  /** The same as on. */
  addListener: Subscribe<Events, More, this>;
  /**
   * Adds a listener for one event.
   *
   * @example
   * client.once('RemoteInvitationReceived', (invitation) => invitation.accept());
   */
  once: Subscribe<Events, More, this>;
  /** Like on, but the listener is called before the existing listeners. */
  prependListener: Subscribe<Events, More, this>;
  /** Like once, but the listener is called before the existing listeners. */
  prependOnceListener: Subscribe<Events, More, this>;
  /**
   * Removes a listener. If it was added twice, the later one is removed. An unknown listener is ignored.
   *
   * @example
   * client.off('MessageFromPeer', listener);
   */
  off: Subscribe<Events, More, this>;
  /** The same as off. */
  removeListener: Subscribe<Events, More, this>;
  /**
   * Removes all listeners of an event.
   *
   * @param event without it, the listeners of all events are removed
   * @example
   * channel.removeAllListeners('ChannelMessage');
   */
  removeAllListeners(event?: keyof (Events & More)): this;
  /**
   * The listeners of an event, in the order in which they are called.
   *
   * @param event the name of the event
   * @example
   * const before = client.listeners('MessageFromPeer');
   */
  listeners(event: keyof (Events & More)): AnyListener[];
  /**
   * Like listeners, but a listener that was added by once is returned as the function that wraps it.
   *
   * @param event the name of the event
   * @example
   * const wrapped = client.rawListeners('MessageFromPeer');
   */
  rawListeners(event: keyof (Events & More)): AnyListener[];
  /**
   * How many listeners an event has.
   *
   * @param event the name of the event
   * @example
   * if (!client.listenerCount('TokenExpired')) client.on('TokenExpired', listener);
   */
  listenerCount(event: keyof (Events & More)): number;
  /**
   * The names of the events that have listeners.
   *
   * @example
   * console.log(client.eventNames());
   */
  eventNames(): (keyof Events)[];
  /**
   * Calls the listeners of an event. Unlike emit of Node it returns nothing.
   *
   * @param event the name of the event
   * @param args what the listeners get
   * @example
   * client.emit('TokenExpired');
   */
  emit(event: keyof (Events & More), ...args: any[]): void;
  /**
   * Sets the number of listeners above which `on` warns on the console: 512 for a client, 10 for others by default.
   *
   * @param n 0 for no warning
   * @example
   * channel.setMaxListeners(100);
   */
  setMaxListeners(n: number): this;
  /**
   * The number that setMaxListeners set, or the default.
   *
   * @example
   * channel.setMaxListeners(channel.getMaxListeners() + 1);
   */
  getMaxListeners(): number;
}

/* Classes */

/** A channel, made by {@link RtmClient.createChannel}. */
declare class RtmChannel extends TypedEmitter<RtmEvents.RtmChannelEvents> {
  private constructor();
  /** The id that was given to createChannel. */
  readonly channelId: string;
  /** The client that made it. */
  readonly client: RtmClient;
  /** JOINING while join waits; LEFT at first, and again after leave, logout or the end of the session. */
  readonly joinState: 'LEFT' | 'JOINING' | 'JOINED';
  /** 0 until known. */
  readonly memberCount: number;
  /**
   * Joins the channel. If joining fails, it can be repeated. While the client is RECONNECTING, joinState does not change, and the client joins again by itself.
   *
   * @throws {RtmInvalidStatusError} JOIN_CHANNEL_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvalidStatusError} JOIN_CHANNEL_ERR_ALREADY_JOINED (6): this object is joined or joining
   * @throws {RtmInvalidStatusError} JOIN_CHANNEL_ERR_ALREADY_JOINED_CHANNEL_OF_SAME_ID (202): another object of this client is joined under the same id
   * @throws {RtmLimitExceededError} JOIN_CHANNEL_ERR_EXCEED_LIMIT (5): the client is in 20 channels already
   * @throws {RtmInvokeTooOftenError} JOIN_CHANNEL_ERR_TOO_OFTEN (7): more than 50 calls in 3 s
   * @throws {RtmInvokeTooOftenError} JOIN_CHANNEL_ERR_JOIN_SAME_CHANNEL_TOO_OFTEN (8): more than 2 calls in 5 s for the same channel
   * @throws {RtmTimeoutError} JOIN_CHANNEL_TIMEOUT (4): no answer in 10 s
   * @throws {RtmUnavailableError} JOIN_CHANNEL_ERR_FAILURE (1): the gateway refused
   * @example
   * const channel = client.createChannel('room');
   * channel.on('ChannelMessage', (message, memberId) => console.log(memberId, message.messageType));
   * await channel.join();
   */
  join(): Promise<void>;
  /**
   * Leaves the channel. The message to the gateway is sent before leave returns, so leave works while the page unloads.
   *
   * @throws {RtmInvalidStatusError} LEAVE_CHANNEL_ERR_NOT_IN_CHANNEL (3): not joined
   * @throws {RtmInvalidStatusError} LEAVE_CHANNEL_ERR_USER_NOT_LOGGED_IN (102): the client was never logged in
   * @example
   * window.addEventListener('pagehide', () => channel.leave());
   */
  leave(): Promise<void>;
  /**
   * Sends a message to all other members. The sender does not get its own message. While the client is RECONNECTING, the call waits, for at most 9 s.
   *
   * @param message a plain object; text, rawMessage with description, or fileName, description and thumbnail have at most 32768 bytes together
   * @param options enableHistoricalMessaging
   * @throws {RtmInvalidStatusError} CHANNEL_MESSAGE_ERR_NOT_IN_CHANNEL (5): not joined
   * @throws {RtmInvalidStatusError} CHANNEL_MESSAGE_ERR_USER_NOT_LOGGED_IN (102): not logged in
   * @throws {RtmInvalidArgumentError} CHANNEL_MESSAGE_ERR_INVALID_MESSAGE (4): no plain object, an unknown messageType, a mediaId over 256 bytes, or media fields over 32768 bytes
   * @throws {RtmLimitExceededError} CHANNEL_MESSAGE_ERR_INVALID_MESSAGE (4): a text, or rawMessage with description, over 32768 bytes
   * @throws {RtmInvalidArgumentError} CHANNEL_MESSAGE_ERR_FAILURE (1): rawMessage is not a Uint8Array
   * @throws {RtmUnknownError} CHANNEL_MESSAGE_ERR_FAILURE (1): text or mediaId is missing, or thumbnail is not a Blob
   * @throws {RtmLimitExceededError} CHANNEL_MESSAGE_ERR_TOO_OFTEN (3): more than 180 messages in 3 s, to peers and channels together
   * @throws {RtmTimeoutError} CHANNEL_MESSAGE_ERR_TIMEOUT (2): no answer in 10 s, or RECONNECTING for 9 s
   * @example
   * await channel.sendMessage({ text: 'hello' });
   */
  sendMessage(message: OutgoingMessage, options?: SendMessageOptions): Promise<void>;
  /**
   * Lists the members. Over 5 calls in 2 s a call waits for its turn, and shares the answer of another call that still waits.
   *
   * @returns at most 512 user ids in no particular order, including the client's own id
   * @throws {RtmInvalidStatusError} GET_MEMBERS_ERR_NOT_IN_CHANNEL (5): not joined
   * @throws {RtmInvalidStatusError} GET_MEMBERS_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} GET_MEMBERS_ERR_TOO_OFTEN (4): a gateway with a lower rate refused the call
   * @throws {RtmTimeoutError} GET_MEMBERS_ERR_TIMEOUT (3): no answer in 10 s
   * @throws {RtmUnknownError} GET_MEMBERS_ERR_FAILURE (1): the gateway refused
   * @example
   * console.log((await channel.getMembers()).sort());
   */
  getMembers(): Promise<string[]>;
}

/** An invitation to a peer, made by {@link RtmClient.createLocalInvitation}, for one call. */
declare class LocalInvitation extends TypedEmitter<RtmEvents.LocalInvitationEvents> {
  private constructor();
  /** The id that was given to createLocalInvitation. */
  readonly calleeId: string;
  /** A UUID. */
  readonly callId: string;
  /** At most 8192 bytes; checked by send and cancel. */
  content: string;
  /** Empty, or 1 to 64 allowed characters; checked by send. May be set while IDLE; changes are ignored later. */
  channelId: string;
  /**
   * The response of the callee, at most 8192 bytes.
   *
   * @throws {RtmInvalidArgumentError} INVITATION_API_CALL_ERR_INVALID_ARGUMENT (1): the property is assigned
   */
  readonly response: string;
  /** The state of the call; it changes before the event is emitted. */
  readonly state: RtmStatusCode.LocalInvitationState;
  /**
   * Calls the peer. Events tell what happens later: the SDK tries to deliver the invitation for 30 s, then the callee has 60 s to answer.
   *
   * @throws {RtmInvalidStatusError} INVITATION_API_CALL_ERR_ALREADY_SENT (5): sent already
   * @throws {RtmInvalidStatusError} INVITATION_API_CALL_ERR_ALREADY_END (3): the call has ended
   * @throws {RtmInvalidArgumentError} INVITATION_API_CALL_ERR_INVALID_ARGUMENT (1): channelId is not valid, or content is over 8192 bytes
   * @example
   * const invitation = client.createLocalInvitation('bob');
   * invitation.on('LocalInvitationAccepted', (response) => console.log('bob accepts', response));
   * invitation.on('LocalInvitationFailure', (reason) => console.log(reason));
   * invitation.send();
   */
  send(): void;
  /**
   * Cancels the call. The callee gets the current value of content.
   *
   * @throws {RtmInvalidStatusError} INVITATION_API_CALL_ERR_NOT_STARTED (2): not sent yet
   * @throws {RtmInvalidStatusError} INVITATION_API_CALL_ERR_ALREADY_END (3): the call has ended
   * @throws {RtmInvalidArgumentError} INVITATION_API_CALL_ERR_INVALID_ARGUMENT (1): content is over 8192 bytes
   * @example
   * invitation.content = 'never mind';
   * invitation.cancel();
   */
  cancel(): void;
}

/** An invitation from a peer. It comes with RemoteInvitationReceived and ends after 60 s. */
declare class RemoteInvitation extends TypedEmitter<RtmEvents.RemoteInvitationEvents> {
  private constructor();
  /** The uid of the caller. */
  readonly callerId: string;
  /** A UUID, made by the caller. */
  readonly callId: string;
  /**
   * The content of the caller, at most 8192 bytes. If the caller cancels, it becomes the content of the cancellation.
   *
   * @throws {RtmInvalidArgumentError} INVITATION_API_CALL_ERR_INVALID_ARGUMENT (1): the property is assigned
   */
  readonly content: string;
  /**
   * The channelId of the caller; may be empty.
   *
   * @throws {RtmInvalidArgumentError} INVITATION_API_CALL_ERR_INVALID_ARGUMENT (1): the property is assigned
   */
  readonly channelId: string;
  /** Text for the caller; at most 8192 bytes, checked by accept and refuse. */
  response: string;
  /** The state of the call; it changes before the event is emitted. */
  readonly state: RtmStatusCode.RemoteInvitationState;
  /**
   * Accepts the call. RemoteInvitationAccepted comes when the caller has confirmed. If the caller does not confirm within 5 s, the call fails.
   *
   * @throws {RtmInvalidStatusError} INVITATION_API_CALL_ERR_ALREADY_ACCEPT (4): accepted already
   * @throws {RtmInvalidStatusError} INVITATION_API_CALL_ERR_ALREADY_END (3): the call has ended
   * @throws {RtmInvalidArgumentError} INVITATION_API_CALL_ERR_INVALID_ARGUMENT (1): response is over 8192 bytes
   * @example
   * client.on('RemoteInvitationReceived', (invitation) => {
   *   invitation.response = 'coming';
   *   invitation.accept();
   * });
   */
  accept(): void;
  /**
   * Refuses the call. RemoteInvitationRefused comes inside this call.
   *
   * @throws {RtmInvalidStatusError} INVITATION_API_CALL_ERR_ALREADY_ACCEPT (4): accepted already
   * @throws {RtmInvalidStatusError} INVITATION_API_CALL_ERR_ALREADY_END (3): the call has ended
   * @throws {RtmInvalidArgumentError} INVITATION_API_CALL_ERR_INVALID_ARGUMENT (1): response is over 8192 bytes
   * @example
   * client.on('RemoteInvitationReceived', (invitation) => invitation.refuse());
   */
  refuse(): void;
}

/** A client, made by {@link createInstance}: one user on one gateway. */
declare class RtmClient extends TypedEmitter<RtmEvents.RtmClientEvents, MoreClientEvents> {
  private constructor();
  /** DISCONNECTED at first. It changes before ConnectionStateChanged comes. */
  readonly connectionState: RtmStatusCode.ConnectionState;
  /** The uid of the last login, and a random id of that login. */
  readonly context: { readonly uid: string; readonly sid: string };

  /**
   * Logs the user in and connects. The first login waits for the wasm. A login of the same uid elsewhere makes the older client ABORTED.
   * After a lost connection the client connects again by itself (RECONNECTING): do not log in again.
   *
   * @param options uid: 1 to 64 allowed characters; token: needed if the app has a certificate, an empty one counts as no token
   * @throws {RtmInvalidArgumentError} LOGIN_ERR_INVALID_ARGUMENT (3): options, uid or token is not valid
   * @throws {RtmUnauthenticatedError} LOGIN_ERR_INVALID_ARGUMENT (3): the token is for another uid
   * @throws {RtmUnauthenticatedError} LOGIN_ERR_INVALID_APP_ID (4): the gateway does not serve this app id
   * @throws {RtmUnauthenticatedError} LOGIN_ERR_INVALID_TOKEN (5): the token is not valid
   * @throws {RtmUnauthenticatedError} LOGIN_ERR_TOKEN_EXPIRED (6): the token has expired
   * @throws {RtmInvalidStatusError} LOGIN_ERR_ALREADY_LOGIN (8): the state is not DISCONNECTED
   * @throws {RtmInvokeTooOftenError} LOGIN_ERR_TOO_OFTEN (10): sooner than 500 ms after the last login
   * @throws {RtmTimeoutError} LOGIN_ERR_TIMEOUT (9): no answer, or no wasm, in 12 s
   * @throws {RtmUnavailableError} LOGIN_ERR_UNKNOWN (1): no gateway answers or the wasm does not load; the message tells the likely cause
   * @throws {RtmUnavailableError} LOGIN_ERR_REJECTED (2): the gateway refused for another reason
   * @throws {RtmInterruptedError} LOGIN_ERR_ABORTED_BY_LOGOUT (201): logoutSync was called meanwhile
   * @example
   * await client.login({ uid: 'alice', token: await fetchToken('alice') });
   */
  login(options: { uid: string; token?: string | null | undefined }): Promise<void>;
  /**
   * Logs out: leaves all channels, ends all media tasks (RtmInterruptedError 6), and waits for the gateway, 5 s at most.
   * If a login is under way, logout waits for it first. If that login fails, logout rejects with its error.
   *
   * @throws {RtmInvalidStatusError} LOGOUT_ERR_USER_NOT_LOGGED_IN (102): DISCONNECTED already
   * @example
   * await client.logout();
   */
  logout(): Promise<void>;
  /**
   * Logs out at once, without waiting for the gateway.
   *
   * @throws {RtmInvalidStatusError} LOGOUT_ERR_USER_NOT_LOGGED_IN (102): DISCONNECTED already
   * @example
   * window.addEventListener('pagehide', () => client.logoutSync());
   */
  logoutSync(): void;
  /**
   * Ends the client: logs out at once if it is logged in, removes all listeners, also those of its channels and invitations, and frees its
   * memory in the core. May be called at any time, and more than once. After a later login the client works like a new one.
   *
   * @example
   * await using client = AgoraRTM.createInstance(appId, { gateway }); // destroyed at the end of the block
   */
  destroy(): Promise<void>;
  /** The same as destroy, for `await using`. It exists if the engine has the symbol, or if a polyfill was loaded before the SDK. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * Gives the gateway a new token, for the next connection. Works while RECONNECTING, too. If the new token is refused, the client keeps the old one.
   *
   * @param token not empty
   * @throws {RtmInvalidArgumentError} RENEW_TOKEN_ERR_INVALID_ARGUMENT (2): not a string, or empty
   * @throws {RtmInvalidStatusError} RENEW_TOKEN_ERR_USER_NOT_LOGGED_IN (102): not logged in, or ABORTED
   * @throws {RtmUnauthenticatedError} RENEW_TOKEN_ERR_TOKEN_EXPIRED (5): the token has expired
   * @throws {RtmUnauthenticatedError} RENEW_TOKEN_ERR_INVALID_TOKEN (6): app id or token is not valid
   * @throws {RtmInvokeTooOftenError} RENEW_TOKEN_ERR_TOO_OFTEN (4): more than 2 calls in a second
   * @throws {RtmUnavailableError} RENEW_TOKEN_ERR_REJECTED (3): the gateway refused for another reason
   * @throws {RtmTimeoutError} RENEW_TOKEN_ERR_FAILURE (1): no answer in 20 s
   * @example
   * client.on('TokenPrivilegeWillExpire', async () => client.renewToken(await fetchToken('alice')));
   */
  renewToken(token: string): Promise<void>;
  /**
   * Sets each field that is not null, at once and without checks. A new gateway is used from the next login on.
   *
   * @param config the fields to change
   * @example
   * client.updateConfig({ logFilter: AgoraRTM.LOG_FILTER_WARNING });
   */
  updateConfig(config: RtmConfig): void;
  /**
   * The same as updateConfig.
   *
   * @param config the fields to change
   * @deprecated Use updateConfig.
   * @example
   * client.setParameters({ logFilter: AgoraRTM.LOG_FILTER_WARNING });
   */
  setParameters(config: RtmConfig): void;

  /**
   * Makes a channel object. It is not joined yet.
   *
   * @param channelId 1 to 64 allowed characters
   * @throws {RtmInvalidArgumentError} CREATE_CHANNEL_ERR_INVALID_ARGUMENT (1): channelId is not valid
   * @example
   * const channel = client.createChannel('room');
   */
  createChannel(channelId: string): RtmChannel;
  /**
   * Makes an invitation to a call. It is not sent yet; see {@link LocalInvitation}.
   *
   * @param calleeId the uid of the peer, 1 to 64 allowed characters
   * @throws {RtmInvalidArgumentError} INVITATION_API_CALL_ERR_INVALID_ARGUMENT (1): calleeId is not valid
   * @example
   * const invitation = client.createLocalInvitation('bob');
   */
  createLocalInvitation(calleeId: string): LocalInvitation;
  /**
   * Sets missing fields of an IMAGE or FILE message to their defaults, and returns the message. Returns other messages unchanged. Checks nothing.
   *
   * @param message a message; for media it has messageType and mediaId
   * @example
   * await channel.sendMessage(client.createMessage({ messageType: 'FILE', mediaId, fileName: 'notes.txt' }));
   */
  createMessage<T extends RtmMessage>(message: Partial<T>): T;
  /**
   * Sends a message to a user. While the client is RECONNECTING, the call waits, for at most 9 s.
   *
   * @param message a plain object; text, rawMessage with description, or fileName, description and thumbnail have at most 32768 bytes together
   * @param peerId the uid of the receiver, 1 to 64 allowed characters
   * @param options enableOfflineMessaging, enableHistoricalMessaging
   * @returns hasPeerReceived: whether the peer was online and has the message
   * @throws {RtmInvalidStatusError} PEER_MESSAGE_ERR_USER_NOT_LOGGED_IN (102): not logged in
   * @throws {RtmInvalidArgumentError} PEER_MESSAGE_ERR_INVALID_USERID (6): peerId is not valid, or rawMessage is not a Uint8Array
   * @throws {RtmInvalidArgumentError} PEER_MESSAGE_ERR_INVALID_MESSAGE (7): no plain object, an unknown messageType, text and rawMessage together, a mediaId over 256 bytes, or media fields over 32768 bytes
   * @throws {RtmLimitExceededError} PEER_MESSAGE_ERR_INVALID_MESSAGE (7): a text, or rawMessage with description, over 32768 bytes
   * @throws {RtmUnavailableError} PEER_MESSAGE_ERR_FAILURE (1): text or mediaId is missing, or thumbnail is not a Blob
   * @throws {RtmLimitExceededError} PEER_MESSAGE_ERR_TOO_OFTEN (5): more than 180 messages in 3 s, to peers and channels together
   * @throws {RtmTimeoutError} PEER_MESSAGE_ERR_TIMEOUT (2): no answer in 10 s; the message may have arrived
   * @example
   * const { hasPeerReceived } = await client.sendMessageToPeer({ text: 'hello' }, 'bob', { enableOfflineMessaging: true });
   */
  sendMessageToPeer(message: OutgoingMessage, peerId: string, options?: SendMessageOptions): Promise<PeerMessageSendResult>;

  /**
   * Uploads a file and makes the message that carries its mediaId. Send that message to share the file. A client can have nine uploads and
   * downloads at a time: three transfer, the others wait. An upload survives a lost connection and a restart of the gateway.
   *
   * @param payload a Blob or File of 1 to 31457280 bytes
   * @param params messageType, fileName, description, thumbnail and sizes of the message; `prepare` for pictures. May have the fields of handler too
   * @param handler cancels the task, and gets its progress; its fields take precedence over those in params
   * @throws {RtmInvalidArgumentError} UPLOAD_MEDIA_ERR_INVALID_ARGUMENT (2): the payload is empty or not a Blob, a param has the wrong type, or `prepare` and the browser cannot decode the picture
   * @throws {RtmLimitExceededError} UPLOAD_MEDIA_ERR_SIZE_OVERFLOW (4): more than 31457280 bytes
   * @throws {RtmInvalidStatusError} UPLOAD_MEDIA_ERR_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmLimitExceededError} UPLOAD_MEDIA_ERR_CONCURRENCY_LIMIT_EXCEEDED (5): nine tasks run or wait already
   * @throws {RtmInterruptedError} UPLOAD_MEDIA_ERR_INTERRUPTED (6): canceled, logged out, or logged in elsewhere
   * @throws {RtmTimeoutError} UPLOAD_MEDIA_ERR_TIMEOUT (3): no progress in 120 s; the message tells the likely cause
   * @throws {RtmUnavailableError} UPLOAD_MEDIA_ERR_FAILURE (1): the file cannot be read, or the gateway refused (serverCode 422: the scanner, 507: a quota)
   * @example
   * const message = await client.createMediaMessageByUploading(file, { messageType: 'IMAGE', fileName: file.name, prepare: true });
   * await channel.sendMessage(message);
   */
  createMediaMessageByUploading(payload: Blob, params: ImageUploadParams & MediaTransferHandler & { messageType: 'IMAGE' }, handler?: MediaTransferHandler): Promise<UploadedImageMessage>;
  createMediaMessageByUploading(payload: Blob, params?: FileUploadParams & MediaTransferHandler, handler?: MediaTransferHandler): Promise<UploadedFileMessage>;
  createMediaMessageByUploading(payload: Blob, params: ImageUploadParams & MediaTransferHandler, handler?: MediaTransferHandler): Promise<UploadedImageMessage>;
  createMediaMessageByUploading<T extends RtmFileMessage | RtmImageMessage>(payload: Blob, params?: Partial<T>, handler?: MediaTransferHandler): Promise<T>;
  /**
   * Downloads a file. The gateway finds the type of the Blob from the first bytes: image/png, image/jpeg, image/gif, application/pdf,
   * application/zip, or another type in which no browser runs a script, such as video/mp4 and text/plain. All other files get
   * application/octet-stream. The SDK compares the content with the digests that the gateway has stored.
   *
   * @param mediaId the mediaId of a message
   * @param handler cancels the task, and gets its progress
   * @throws {RtmInvalidArgumentError} DOWNLOAD_MEDIA_ERR_INVALID_ARGUMENT (2): not a media id
   * @throws {RtmUnavailableError} DOWNLOAD_MEDIA_ERR_NOT_EXIST (4): unknown, or uploaded more than seven days ago
   * @throws {RtmInvalidStatusError} DOWNLOAD_MEDIA_ERR_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmLimitExceededError} DOWNLOAD_MEDIA_ERR_CONCURRENCY_LIMIT_EXCEEDED (5): nine tasks run or wait already
   * @throws {RtmInterruptedError} DOWNLOAD_MEDIA_ERR_INTERRUPTED (6): canceled, logged out, or logged in elsewhere
   * @throws {RtmTimeoutError} DOWNLOAD_MEDIA_ERR_TIMEOUT (3): no progress in 120 s; the message tells the likely cause
   * @throws {RtmUnavailableError} DOWNLOAD_MEDIA_ERR_FAILURE (1): the gateway refused, or the content is not the one that was uploaded
   * @example
   * image.src = URL.createObjectURL(await client.downloadMedia(message.mediaId));
   */
  downloadMedia(mediaId: string, handler?: MediaTransferHandler): Promise<Blob>;
  /**
   * Returns an absolute URL of the gateway, from which `<img>`, `<video>` and `<a>` get the file without a login. Anyone who has the URL can read the
   * file until the URL expires, and browsers may cache the file. Over 100 calls in 5 s a call waits for its turn.
   *
   * @param mediaId the mediaId of a message
   * @param options how long the URL works, and whether browsers save the file
   * @throws {RtmInvalidArgumentError} DOWNLOAD_MEDIA_ERR_INVALID_ARGUMENT (2): not a media id, or a bad option
   * @throws {RtmUnavailableError} DOWNLOAD_MEDIA_ERR_NOT_EXIST (4): unknown, or uploaded more than seven days ago
   * @throws {RtmInvalidStatusError} DOWNLOAD_MEDIA_ERR_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} DOWNLOAD_MEDIA_ERR_CONCURRENCY_LIMIT_EXCEEDED (5): the call would have to wait for more than 10 s
   * @throws {RtmTimeoutError} DOWNLOAD_MEDIA_ERR_TIMEOUT (3): no answer in 10 s
   * @throws {RtmUnavailableError} DOWNLOAD_MEDIA_ERR_FAILURE (1): the gateway refused, or is too old to know such URLs
   * @example
   * img.src = await client.getMediaUrl(message.mediaId);
   * link.href = await client.getMediaUrl(message.mediaId, { expiresIn: 60, download: message.fileName });
   */
  getMediaUrl(mediaId: string, options?: MediaUrlOptions): Promise<string>;

  /**
   * Asks who is online. Over 10 calls in 5 s a call waits for its turn.
   *
   * @param peerIds 1 to 256 user ids
   * @returns true for each user who is logged in, even if the user is UNREACHABLE
   * @throws {RtmInvalidStatusError} QUERY_PEERS_ONLINE_STATUS_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvalidArgumentError} QUERY_PEERS_ONLINE_STATUS_ERR_INVALID_ARGUMENT (2): not an array of 1 to 256 valid ids
   * @throws {RtmInvokeTooOftenError} QUERY_PEERS_ONLINE_STATUS_ERR_TOO_OFTEN (5): the call would have to wait for more than 10 s
   * @throws {RtmTimeoutError} QUERY_PEERS_ONLINE_STATUS_ERR_TIMEOUT (4): no answer in 10 s
   * @throws {RtmUnavailableError} QUERY_PEERS_ONLINE_STATUS_ERR_REJECTED (3): the gateway refused
   * @example
   * const { bob } = await client.queryPeersOnlineStatus(['bob']);
   */
  queryPeersOnlineStatus(peerIds: string[]): Promise<PeersOnlineStatusResult>;
  /**
   * Subscribes to the presence of peers, until logout. PeersOnlineStatusChanged comes first with their current states, then with each change.
   *
   * @param peerIds user ids; at most 512 in all
   * @throws {RtmInvalidStatusError} PEER_SUBSCRIPTION_STATUS_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvalidArgumentError} PEER_SUBSCRIPTION_STATUS_ERR_INVALID_ARGUMENT (2): not an array of valid ids, or empty
   * @throws {RtmLimitExceededError} PEER_SUBSCRIPTION_STATUS_ERR_OVERFLOW (6): more than 512 peers in all
   * @throws {RtmInvokeTooOftenError} PEER_SUBSCRIPTION_STATUS_ERR_TOO_OFTEN (5): more than 10 calls in 5 s
   * @throws {RtmTimeoutError} PEER_SUBSCRIPTION_STATUS_ERR_TIMEOUT (4): no answer in 10 s
   * @throws {RtmUnavailableError} PEER_SUBSCRIPTION_STATUS_ERR_FAILURE (1): the gateway refused
   * @example
   * client.on('PeersOnlineStatusChanged', (states) => console.log(states)); // { bob: 'ONLINE' }
   * await client.subscribePeersOnlineStatus(['bob']);
   */
  subscribePeersOnlineStatus(peerIds: string[]): Promise<void>;
  /**
   * Ends subscriptions. Does not wait for the gateway. Ignores peers without a subscription.
   *
   * @param peerIds at most 512 user ids
   * @throws {RtmInvalidStatusError} PEER_SUBSCRIPTION_STATUS_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvalidArgumentError} PEER_SUBSCRIPTION_STATUS_ERR_INVALID_ARGUMENT (2): not an array of valid ids, or empty
   * @throws {RtmLimitExceededError} PEER_SUBSCRIPTION_STATUS_ERR_OVERFLOW (6): more than 512 ids
   * @throws {RtmInvokeTooOftenError} PEER_SUBSCRIPTION_STATUS_ERR_TOO_OFTEN (5): more than 10 calls in 5 s
   * @example
   * await client.unsubscribePeersOnlineStatus(['bob']);
   */
  unsubscribePeersOnlineStatus(peerIds: string[]): Promise<void>;
  /**
   * Lists the peers to which the client has subscribed.
   *
   * @param option ONLINE_STATUS
   * @throws {RtmInvalidStatusError} PEER_SUBSCRIPTION_STATUS_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvalidArgumentError} PEER_SUBSCRIPTION_STATUS_ERR_INVALID_ARGUMENT (2): another option
   * @example
   * const peerIds = await client.queryPeersBySubscriptionOption('ONLINE_STATUS');
   */
  queryPeersBySubscriptionOption(option: RtmStatusCode.PeerSubscriptionOption): Promise<string[]>;
  /**
   * Counts the members of channels, joined or not; an unknown channel has 0. Over one call a second a call waits for its turn.
   *
   * @param channelIds 1 to 32 channel ids
   * @throws {RtmInvalidStatusError} GET_CHANNEL_MEMBER_COUNT_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvalidArgumentError} GET_CHANNEL_MEMBER_COUNT_ERR_INVALID_ARGUMENT (2): not an array of valid ids, or empty
   * @throws {RtmInvalidArgumentError} GET_CHANNEL_MEMBER_COUNT_ERR_EXCEED_LIMIT (5): more than 32 ids
   * @throws {RtmInvokeTooOftenError} GET_CHANNEL_MEMBER_COUNT_ERR_TOO_OFTEN (3): the call would have to wait for more than 10 s
   * @throws {RtmTimeoutError} GET_CHANNEL_MEMBER_COUNT_ERR_TIMEOUT (4): no answer in 10 s
   * @throws {RtmUnavailableError} GET_CHANNEL_MEMBER_COUNT_ERR_FAILURE (1): the gateway refused
   * @example
   * const { garden } = await client.getChannelMemberCount(['garden']);
   */
  getChannelMemberCount(channelIds: string[]): Promise<ChannelMemberCountResult>;

  /**
   * Replaces all attributes of this client's user. They exist until the session ends.
   *
   * @param attributes 1 to 32 attributes: keys of 1 to 32 bytes, values of 1 to 8192 bytes, 16384 bytes in all
   * @throws {RtmInvalidArgumentError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): no plain object, no attribute, or a key or value that is not valid
   * @throws {RtmLimitExceededError} ATTRIBUTE_OPERATION_ERR_SIZE_OVERFLOW (4): more than 32 attributes, or over the sizes above
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): more than 10 writes in 5 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * await client.setLocalUserAttributes({ mood: 'calm' });
   */
  setLocalUserAttributes(attributes: AttributesMap): Promise<void>;
  /**
   * Adds or replaces some attributes of this client's user. The limits are for all attributes together.
   *
   * @param attributes 1 to 32 attributes: keys of 1 to 32 bytes, values of 1 to 8192 bytes, 16384 bytes in all
   * @throws {RtmInvalidArgumentError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): no plain object, no attribute, or a key or value that is not valid
   * @throws {RtmLimitExceededError} ATTRIBUTE_OPERATION_ERR_SIZE_OVERFLOW (4): more than 32 attributes, or over the sizes above
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): more than 10 writes in 5 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * await client.addOrUpdateLocalUserAttributes({ mood: 'busy' });
   */
  addOrUpdateLocalUserAttributes(attributes: AttributesMap): Promise<void>;
  /**
   * Removes some attributes of this client's user.
   *
   * @param attributeKeys unknown keys are ignored
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): not an array, or an empty or bad key
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): more than 10 writes in 5 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * await client.deleteLocalUserAttributesByKeys(['mood']);
   */
  deleteLocalUserAttributesByKeys(attributeKeys: string[]): Promise<void>;
  /**
   * Removes all attributes of this client's user.
   *
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): more than 10 writes in 5 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * await client.clearLocalUserAttributes();
   */
  clearLocalUserAttributes(): Promise<void>;
  /**
   * Reads all attributes of a user. Over 40 reads in 5 s a call waits for its turn.
   *
   * @param userId also the own one
   * @throws {RtmInvalidArgumentError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): userId is not valid
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_USER_NOT_FOUND (6): the user is not online
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): the call would have to wait for more than 10 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * const { mood } = await client.getUserAttributes('bob');
   */
  getUserAttributes(userId: string): Promise<AttributesMap>;
  /**
   * Reads some attributes of a user. Over 40 reads in 5 s a call waits for its turn.
   *
   * @param userId also the own one
   * @param attributeKeys 1 to 32 keys; those that do not exist are left out
   * @throws {RtmInvalidArgumentError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): userId or a key is not valid, or not 1 to 32 keys
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_USER_NOT_FOUND (6): the user is not online
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): the call would have to wait for more than 10 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * const { mood } = await client.getUserAttributesByKeys('bob', ['mood']);
   */
  getUserAttributesByKeys(userId: string, attributeKeys: string[]): Promise<AttributesMap>;
  /**
   * Replaces all attributes of a channel.
   *
   * @param channelId 1 to 64 allowed characters; the client need not be in the channel
   * @param attributes 1 to 32 attributes: keys of 1 to 32 bytes, values of 1 to 8192 bytes, 32768 bytes in all
   * @param options whether members get AttributesUpdated
   * @throws {RtmInvalidArgumentError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): channelId is not valid; no plain object, no attribute, or a key or value that is not valid
   * @throws {RtmLimitExceededError} ATTRIBUTE_OPERATION_ERR_SIZE_OVERFLOW (4): more than 32 attributes, or over the sizes above
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): more than 10 writes in 5 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * await client.setChannelAttributes('garden', { topic: 'roses' }, { enableNotificationToChannelMembers: true });
   */
  setChannelAttributes(channelId: string, attributes: AttributesMap, options?: ChannelAttributeOptions): Promise<void>;
  /**
   * Adds or replaces some attributes of a channel. The limits are for all attributes together.
   *
   * @param channelId 1 to 64 allowed characters; the client need not be in the channel
   * @param attributes 1 to 32 attributes: keys of 1 to 32 bytes, values of 1 to 8192 bytes, 32768 bytes in all
   * @param options whether members get AttributesUpdated
   * @throws {RtmInvalidArgumentError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): channelId is not valid; no plain object, no attribute, or a key or value that is not valid
   * @throws {RtmLimitExceededError} ATTRIBUTE_OPERATION_ERR_SIZE_OVERFLOW (4): more than 32 attributes, or over the sizes above
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): more than 10 writes in 5 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * await client.addOrUpdateChannelAttributes('garden', { topic: 'tulips' });
   */
  addOrUpdateChannelAttributes(channelId: string, attributes: AttributesMap, options?: ChannelAttributeOptions): Promise<void>;
  /**
   * Removes some attributes of a channel.
   *
   * @param channelId 1 to 64 allowed characters; the client need not be in the channel
   * @param attributeKeys unknown keys are ignored
   * @param options whether members get AttributesUpdated
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): channelId is not valid, not an array, or an empty or bad key
   * @throws {RtmLimitExceededError} ATTRIBUTE_OPERATION_ERR_SIZE_OVERFLOW (4): the keys do not fit into one frame of 36 KB
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): more than 10 writes in 5 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * await client.deleteChannelAttributesByKeys('garden', ['topic']);
   */
  deleteChannelAttributesByKeys(channelId: string, attributeKeys: string[], options?: ChannelAttributeOptions): Promise<void>;
  /**
   * Removes all attributes of a channel.
   *
   * @param channelId 1 to 64 allowed characters; the client need not be in the channel
   * @param options whether members get AttributesUpdated
   * @throws {RtmInvalidArgumentError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): channelId is not valid
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): more than 10 writes in 5 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * await client.clearChannelAttributes('garden');
   */
  clearChannelAttributes(channelId: string, options?: ChannelAttributeOptions): Promise<void>;
  /**
   * Reads all attributes of a channel. For an unknown channel it returns an empty object. Over 10 reads in 5 s a call waits for its turn.
   *
   * @param channelId 1 to 64 allowed characters; the client need not be in the channel
   * @throws {RtmInvalidArgumentError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): channelId is not valid
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): the call would have to wait for more than 10 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * const { topic } = await client.getChannelAttributes('garden');
   * console.log(topic.value, topic.lastUpdateUserId);
   */
  getChannelAttributes(channelId: string): Promise<ChannelAttributes>;
  /**
   * Reads some attributes of a channel. Over 10 reads in 5 s a call waits for its turn.
   *
   * @param channelId 1 to 64 allowed characters; the client need not be in the channel
   * @param attributeKeys 1 to 32 keys; those that do not exist are left out
   * @throws {RtmInvalidArgumentError} ATTRIBUTE_OPERATION_ERR_INVALID_ARGUMENT (3): channelId or a key is not valid, or not 1 to 32 keys
   * @throws {RtmInvalidStatusError} ATTRIBUTE_OPERATION_ERR_USER_NOT_LOGGED_IN (102): not logged in, or RECONNECTING
   * @throws {RtmInvokeTooOftenError} ATTRIBUTE_OPERATION_ERR_TOO_OFTEN (5): the call would have to wait for more than 10 s
   * @throws {RtmTimeoutError} ATTRIBUTE_OPERATION_ERR_TIMEOUT (7): no answer in 10 s
   * @throws {RtmUnavailableError} ATTRIBUTE_OPERATION_ERR_FAILURE (2): the gateway refused
   * @example
   * const { topic } = await client.getChannelAttributesByKeys('garden', ['topic']);
   */
  getChannelAttributesByKeys(channelId: string, attributeKeys: string[]): Promise<ChannelAttributes>;
}

/* The module */

/** Which levels of the log go to the console. The constants LOG_FILTER_* are filters. */
export interface LogFilter {
  error: boolean;
  warn: boolean;
  info: boolean;
  track: boolean;
  debug: boolean;
}

export interface RtmConfig {
  /** No effect: logs are not uploaded. */
  enableLogUpload?: boolean;
  /** Default LOG_FILTER_INFO, as in 1.4: a line for each login and each change of the state. LOG_FILTER_WARNING is quiet. */
  logFilter?: LogFilter;
  /** No effect: there is no cloud proxy. */
  enableCloudProxy?: boolean;
  /**
   * The gateway's address, such as https://rtm.example.org. It may be relative to the page. Each login uses the current value. Default: the
   * gateway that served the script, otherwise the page's origin.
   */
  gateway?: string;
}

export type LegacyAreaCode = 'CN' | 'NA' | 'EU' | 'AS' | 'JP' | 'IN' | 'GLOB' | 'OC' | 'SA' | 'AF' | 'OVS';

/**
 * Makes a client. It is not connected yet; login connects it.
 *
 * @param appId the id of your app: 32 letters and digits
 * @param config `gateway`: where the gateway is; `logFilter`: what goes to the console
 * @param areaCodes checked, but without effect
 * @throws {RtmInvalidArgumentError} CREATE_INSTANCE_ERR_INVALID_ARGUMENT (1): appId is not valid, config has an unknown key, or gateway is not an address. Without a code: areaCodes is not valid
 * @example
 * const client = AgoraRTM.createInstance('0123456789abcdef0123456789abcdef', { gateway: 'https://rtm.example.org' });
 */
export declare const createInstance: {
  (appId: string, config?: RtmConfig, areaCodes?: LegacyAreaCode[]): RtmClient;
  new (appId: string, config?: RtmConfig, areaCodes?: LegacyAreaCode[]): RtmClient;
};
/**
 * Checks and stores areas. They have no effect, because your own gateway has no areas.
 *
 * @param area areaCodes, and excludedArea: CHINA, JAPAN or ASIA
 * @throws {RtmInvalidArgumentError} without a code: an area is not valid
 * @example
 * AgoraRTM.setArea({ areaCodes: ['GLOBAL'], excludedArea: 'CHINA' });
 */
export declare function setArea(area: { areaCodes: RtmStatusCode.AreaCode[]; excludedArea?: RtmStatusCode.AreaCode }): void;
/** Names that setParameter knows; editors complete them. */
type ParameterName =
  | 'GATEWAY' | 'WASM_URL' | 'WASM_INTEGRITY' | 'WASM_MODULE' | 'VERIFY_MEDIA' | 'LOG_HANDLER' | 'RECONNECTING_AP_INTERVAL'
  | 'RECONNECTING_AP_NUM' | 'DISABLE_MESSAGE_COMPRESSION' | 'LOG_UPLOAD_INTERVAL' | 'ENABLE_EDGE_AUTO_FALLBACK';

/**
 * Sets a parameter for all clients. These names do not exist in 1.4:
 *
 * - `GATEWAY`: the gateway's address, for clients that were made without `gateway`;
 * - `WASM_URL`, `WASM_INTEGRITY`, `WASM_MODULE`: where `rtm.wasm` is, the hash it must have, or the compiled program itself;
 * - `VERIFY_MEDIA`: false compares only the length of downloads; set it before the first login;
 * - `LOG_HANDLER`: a function (level, text, error?) that gets log lines instead of the console. level is debug, info, warn or error.
 *
 * An unknown name has no effect, as in 1.4. The SDK then writes a warning to the console.
 *
 * @param name one of the names above, or of 1.4
 * @param value undefined or null restores the default
 * @throws {RtmInvalidArgumentError} CREATE_INSTANCE_ERR_INVALID_ARGUMENT (1): a value of GATEWAY, WASM_URL, WASM_INTEGRITY or WASM_MODULE is not valid
 * @example
 * AgoraRTM.setParameter('LOG_HANDLER', (level, text) => myLog(level, text));
 */
export declare function setParameter(name: ParameterName | (string & {}), value: any): void;
/**
 * Reads a parameter.
 *
 * @param name as for setParameter
 * @returns the value, or the default; undefined for an unknown name
 * @example
 * console.log(AgoraRTM.getParameter('GATEWAY'));
 */
export declare function getParameter(name: ParameterName | (string & {})): any;
/**
 * Loads the wasm before the first login needs it. If that fails, login tries again.
 *
 * @throws {RtmUnavailableError} LOGIN_ERR_UNKNOWN (1): the wasm does not load
 * @example
 * await AgoraRTM.preload();
 */
export declare function preload(): Promise<void>;

/**
 * Prepares a picture for sending. It removes metadata, such as the position where a photo was taken. It makes a thumbnail that fits into the message and
 * a placeholder, and measures the picture. It needs no login. It works in a worker if the browser allows that, on two pictures at a time; other pictures
 * wait.
 *
 * It removes metadata from JPEG, PNG and WebP without changing a pixel, and keeps orientation and colour profile. It draws pictures of other formats that
 * the browser decodes (AVIF, BMP, HEIC in Safari) again, as JPEG, or as WebP if they are transparent. GIFs and other animated pictures do not change.
 *
 * @param file the picture; its content counts, not its type
 * @param options size, quality, thumbnail, signal
 * @throws {RtmInvalidArgumentError} UPLOAD_MEDIA_ERR_INVALID_ARGUMENT (2): no Blob, a bad option, or no picture that this browser decodes; such a file can still be sent as FILE
 * @throws {RtmInterruptedError} UPLOAD_MEDIA_ERR_INTERRUPTED (6): the signal was aborted
 * @throws {RtmTimeoutError} UPLOAD_MEDIA_ERR_TIMEOUT (3): not done in 30 s
 * @throws {RtmUnavailableError} UPLOAD_MEDIA_ERR_FAILURE (1): the page cannot draw pictures, or the file cannot be read
 * @example
 * const { payload, placeholder, ...params } = await AgoraRTM.prepareImage(file, { maxSide: 2048, fileName: file.name });
 * const message = await client.createMediaMessageByUploading(payload, { ...params, messageType: 'IMAGE', fileName: file.name });
 */
export declare function prepareImage(file: Blob, options?: PrepareImageOptions): Promise<PreparedImage>;
/** The version of the API: 1.4.5. */
export declare const VERSION: string;
/** The version of this build: v1.4.5-0-g and a commit. */
export declare const BUILD: string;
/** A UUID, made once per page load. */
export declare const processId: string;
/** A peer message whose text begins with this prefix must go on with _, a channel id and _. Otherwise sending fails with RtmInvalidArgumentError 7. */
export declare const END_CALL_PREFIX: string;
/** Logs nothing. */
export declare const LOG_FILTER_OFF: LogFilter;
/** Errors. */
export declare const LOG_FILTER_ERROR: LogFilter;
/** Errors and warnings. */
export declare const LOG_FILTER_WARNING: LogFilter;
/** Errors, warnings and infos. */
export declare const LOG_FILTER_INFO: LogFilter;
/** Everything. */
export declare const LOG_FILTER_DEBUG: LogFilter;
/** The states of a client. */
export declare const ConnectionState: typeof RtmStatusCode.ConnectionState;
/** Why a client changed its state. */
export declare const ConnectionChangeReason: typeof RtmStatusCode.ConnectionChangeReason;
/** The state of a call, for the caller. */
export declare const LocalInvitationState: typeof RtmStatusCode.LocalInvitationState;
/** Why a call failed, for the caller: see LocalInvitationFailure. */
export declare const LocalInvitationFailureReason: typeof RtmStatusCode.LocalInvitationFailureReason;
/** The state of a call, for the callee. */
export declare const RemoteInvitationState: typeof RtmStatusCode.RemoteInvitationState;
/** Why a call failed, for the callee: see RemoteInvitationFailure. */
export declare const RemoteInvitationFailureReason: typeof RtmStatusCode.RemoteInvitationFailureReason;
/** The presence of a peer: see {@link PeersOnlineStatusMap}. */
export declare const PeerOnlineState: typeof RtmStatusCode.PeerOnlineState;
/** For queryPeersBySubscriptionOption. */
export declare const PeerSubscriptionOption: typeof RtmStatusCode.PeerSubscriptionOption;
/** The kinds of messages. */
export declare const MessageType: typeof RtmStatusCode.MessageType;
/** For setArea. */
export declare const AreaCode: typeof RtmStatusCode.AreaCode;

/** The object of the script tag and of the default import. The types are members of it, too. */
declare namespace AgoraRTM {
  export {
    createInstance, setArea, setParameter, getParameter, preload, prepareImage, isRtmError, VERSION, BUILD, processId, END_CALL_PREFIX,
    LOG_FILTER_OFF, LOG_FILTER_ERROR, LOG_FILTER_WARNING, LOG_FILTER_INFO, LOG_FILTER_DEBUG,
    ConnectionState, ConnectionChangeReason, LocalInvitationState, LocalInvitationFailureReason, RemoteInvitationState,
    RemoteInvitationFailureReason, PeerOnlineState, PeerSubscriptionOption, MessageType, AreaCode,
    /** The object itself. */
    self as default,
  };
  export type {
    LocalInvitation, RemoteInvitation, RtmChannel, RtmClient, RtmEvents, RtmFileMessage, RtmImageMessage,
    RtmMessage, RtmRawMessage, RtmStatusCode, RtmTextMessage,
  };
}
declare const self: typeof AgoraRTM;
export default AgoraRTM;
