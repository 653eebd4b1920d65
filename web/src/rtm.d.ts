/**
 * rtm-wasm: the API of the RTM Web SDK 1.4 on a gateway of your own.
 *
 * Asynchronous methods never throw: they reject with an {@link RtmError}. Everything else
 * works, and throws, at once, before the wasm is loaded. In the comments an error is written
 * as its class, without "Rtm" and "Error", and its code: `Timeout 9`. Methods that need a
 * login reject with `InvalidStatus 102` unless the state is CONNECTED. Sizes of strings are
 * bytes of UTF-8. "Allowed characters" of ids are ASCII letters and digits, white space and
 * `! # $ % & ( ) + - , . : ; < = > ? @ [ ] ^ _ { | } ~`.
 */
export as namespace AgoraRTM;

declare global {
  interface SymbolConstructor {
    /** Of ES2026, for compilers whose library lacks it. */
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
  /** From the enum of the method that failed. */
  readonly code?: number;
  /** A number sent by the gateway; for media the HTTP status of the last attempt, perhaps from a proxy. */
  readonly serverCode?: number;
  /** The cause, where there is one. */
  readonly originalError?: unknown;
}

/**
 * Whether a value is an error of the SDK, from any frame. The codes have names in `rtm-wasm/codes`.
 * @example
 * import { LoginError } from 'rtm-wasm/codes';
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
  /** Of an upload; readable for seven days, by everybody of the app. */
  mediaId: string;
  fileName: string;
  description: string;
  /** A picture that travels within the message. One that arrived has no type, and no bytes if none was sent. */
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

/** A message to be sent: of one with media, only type and mediaId are needed. */
export type OutgoingMessage = RtmMessage | Sendable<RtmFileMessage> | Sendable<RtmImageMessage>;
type Sendable<T extends { messageType: string; mediaId: string }> = Pick<T, 'messageType' | 'mediaId'> & Partial<T>;

/** A message that arrived. Every field of its kind is set, and `messageType` tells the kind. */
export type ReceivedMessage =
  | (RtmTextMessage & { messageType: 'TEXT' })
  | (RtmRawMessage & { messageType: 'RAW'; description: string })
  | (RtmFileMessage & WithThumbnail)
  | (RtmImageMessage & WithThumbnail);
type WithThumbnail = { thumbnail: Blob; readonly thumbnailData: Blob };

export interface ReceivedMessageProperties {
  /** The gateway's clock, in ms since 1970. */
  serverReceivedTs: number;
  /** Whether it was kept while the receiver was away. */
  isOfflineMessage: boolean;
}

export interface SendMessageOptions {
  /** Keep the message for a peer who is not online: the latest 200, for seven days. No effect in channels. Default false. */
  enableOfflineMessaging?: boolean;
  /**
   * Keep the message for the app's backend to read: texts, pictures and files, for seven days unless the gateway says otherwise,
   * where it keeps a history at all. Over the app's quota sending fails. Default false.
   */
  enableHistoricalMessaging?: boolean;
}

export interface PeerMessageSendResult {
  /** Whether the peer was online and has it. */
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
  /** Ends the task, with Interrupted 6, at any moment. */
  cancelSignal?: AbortSignal;
  /** Called with 0 when the transfer begins, then at any rate, and with the total before the promise resolves. */
  onOperationProgress?: (progress: MediaOperationProgress) => void;
}

export interface MediaUrlOptions {
  /** For how many whole seconds the URL works, at most 604800 (seven days); an hour unless given. Never for longer than the file is kept. */
  expiresIn?: number;
  /** The file name under which browsers save the file, 1 to 255 bytes. Without it they show what they can show. */
  download?: string;
}

/** fileName, description and thumbnail become the message's; other fields have no effect. */
export type FileUploadParams = Partial<RtmFileMessage>;
/** messageType may be left out if a dimension is given. Dimensions are measured where not given. */
export type ImageUploadParams = Partial<RtmImageMessage> & {
  /** True, or options: the picture is prepared first, as by {@link prepareImage}. What is given beside it stays. */
  prepare?: boolean | PrepareImageOptions;
};

export interface PrepareImageOptions {
  /** The longest side the picture may have, in pixels, at least 1: a larger one is drawn again. Default: any. */
  maxSide?: number;
  /** Above 0, at most 1. If given, the picture is drawn again, unless that makes it larger. Default 0.85, for those that are drawn again anyway. */
  quality?: number;
  /** False leaves the metadata in a picture that is not drawn again. Default true. */
  stripMetadata?: boolean;
  /** False makes no thumbnail. Default true. */
  thumbnail?: boolean | Blob;
  /** The message's, so that the thumbnail leaves room for it. */
  fileName?: string;
  /** The message's, so that the thumbnail leaves room for it. */
  description?: string;
  /** Ends it, with Interrupted 6. */
  signal?: AbortSignal;
}

/** What {@link prepareImage} resolves with. All but payload and placeholder can be spread into the params of an upload. */
export interface PreparedImage {
  /** The picture to upload: the file itself where there was nothing to change. */
  payload: Blob;
  /** In pixels, of the payload, as displayed. */
  width: number;
  /** As width. */
  height: number;
  /** A JPEG, or a WebP or PNG if the picture is transparent: longest side 320, at most 32 KB with fileName and description. */
  thumbnail?: Blob;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
  /** A ThumbHash in base64, some 30 characters: for placeholderUrl of `rtm-wasm/placeholder`. */
  placeholder: string;
}

/** The message an upload makes; send it to share the file. */
export type UploadedFileMessage = RtmFileMessage;
export type UploadedImageMessage = RtmImageMessage;

/* Presence, attributes, counts */

/** True for who is logged in, UNREACHABLE or not. */
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

/** Kept for 5 to 7 min after the last member left, or the last write if that is later. */
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
  /** Whether members hear AttributesUpdated. Default false. */
  enableNotificationToChannelMembers?: boolean;
}

/** Of an unknown channel: 0. */
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
    /** connectionState has the new value already. */
    ConnectionStateChanged: (newState: RtmStatusCode.ConnectionState, reason: RtmStatusCode.ConnectionChangeReason) => void;
    /** Also what came while the connection was lost, or, if the sender wanted it kept, while one was not logged in. */
    MessageFromPeer: (message: ReceivedMessage, peerId: string, messageProps: ReceivedMessageProperties) => void;
    /** Somebody calls; once per call. */
    RemoteInvitationReceived: (remoteInvitation: RemoteInvitation) => void;
    /** While RECONNECTING the token was refused: no attempt is made any more until renewToken, or log out. */
    TokenExpired: () => void;
    /** Of subscribed peers: of those of a call once it has resolved, of one that changed, and of all when a lost connection is back. */
    PeersOnlineStatusChanged: (status: PeersOnlineStatusMap) => void;
    /** Never happens: there is no proxy. */
    FallbackProxyConnected: () => void;
  }

  interface RtmChannelEvents {
    /** Not one's own. After a lost connection also what was missed: the latest 32 of the last 30 s. */
    ChannelMessage: (message: ReceivedMessage, memberId: string, messageProps: ReceivedMessageProperties) => void;
    /** Not for oneself; not above 512 members. */
    MemberJoined: (memberId: string) => void;
    /**
     * After leave, logout, or 30 s without a connection. Not for oneself; not above 512 members. Of those who left while one
     * was away oneself for longer, one hears 30 s after coming back.
     */
    MemberLeft: (memberId: string) => void;
    /** At most once a second, every 3 s above 512 members. */
    MemberCountUpdated: (memberCount: number) => void;
    /** All attributes after a change whose writer asked for it to be told. */
    AttributesUpdated: (attributes: ChannelAttributes) => void;
  }

  interface LocalInvitationEvents {
    /** The callee's client has it; the 60 s for an answer begin. */
    LocalInvitationReceivedByPeer: () => void;
    /** Comes inside cancel. */
    LocalInvitationCanceled: () => void;
    /** The callee accepted; response has at most 8192 bytes. */
    LocalInvitationAccepted: (response: string) => void;
    /** The callee refused; response has at most 8192 bytes. */
    LocalInvitationRefused: (response: string) => void;
    /**
     * PEER_OFFLINE: not online for 30 s. PEER_NO_RESPONSE: the callee's client did not acknowledge within 10 s, or one's own
     * connection was away for 30 s. INVITATION_EXPIRE: no answer in 60 s. NOT_LOGGEDIN: not logged in, or logged out
     * meanwhile. UNKNOWN: anything else.
     */
    LocalInvitationFailure: (reason: RtmStatusCode.LocalInvitationFailureReason) => void;
  }

  interface RemoteInvitationEvents {
    /** By the caller; content has at most 8192 bytes. */
    RemoteInvitationCanceled: (content: string) => void;
    /** Comes inside refuse. */
    RemoteInvitationRefused: () => void;
    /** The caller has confirmed. */
    RemoteInvitationAccepted: () => void;
    /**
     * INVITATION_EXPIRE: not answered in 60 s. ACCEPT_FAILURE: the caller did not confirm in 5 s. PEER_OFFLINE: nor was he
     * online. UNKNOWN: logged out meanwhile, or anything else.
     */
    RemoteInvitationFailure: (reason: RtmStatusCode.RemoteInvitationFailureReason) => void;
  }
}

/** Events of a client beyond those of 1.4. They stand apart so that maps of all handlers of 1.4 still compile. */
export interface MoreClientEvents {
  /** Messages of all channels of the client; each comes on its RtmChannel before. */
  ChannelMessage: (message: ReceivedMessage, memberId: string, messageProps: ReceivedMessageProperties, channelId: string) => void;
  /** 30 s before the token expires. The session stays up all the same. */
  TokenPrivilegeWillExpire: () => void;
}

type AnyListener = (...args: any[]) => any;
type ArgumentsOf<T> = T extends (...args: infer U) => any ? U : never;
/** As applications write it that pass it on in generic wrappers: it must be this type to the letter. */
type GenericArgumentsOf<T> = [T] extends [(...args: infer U) => any] ? U : [T] extends [void] ? [] : [T];

/** Adds or removes a listener. The last three forms differ only for wrappers that are generic in the event. */
interface Subscribe<Events, More, Self> {
  <E extends keyof More>(event: E, listener: More[E]): Self;
  <E extends keyof Events>(event: E, listener: (...args: ArgumentsOf<Events[E]>) => any): Self;
  <E extends keyof Events>(event: E, listener: (...args: GenericArgumentsOf<Events[E]>) => any): Self;
  <E extends keyof Events>(event: E, listener: Events[E]): Self;
}

/**
 * Like Node's EventEmitter. A listener that throws is logged; the remaining ones of that
 * emission are skipped. Neither logout nor leave removes listeners.
 */
declare class TypedEmitter<Events, More = {}> {
  /**
   * Adds a listener behind those that are there. The same one added twice is called twice.
   * @throws {TypeError} the listener is no function; so do the four methods below
   * @example client.on('MessageFromPeer', (message, peerId) => console.log(peerId, message.messageType));
   */
  on: Subscribe<Events, More, this>;
  /** The same as on. */
  addListener: Subscribe<Events, More, this>;
  /**
   * As on, for one event.
   * @example client.once('RemoteInvitationReceived', (invitation) => invitation.accept());
   */
  once: Subscribe<Events, More, this>;
  /** As on, before the listeners that are there. */
  prependListener: Subscribe<Events, More, this>;
  /** As once, before the listeners that are there. */
  prependOnceListener: Subscribe<Events, More, this>;
  /**
   * Removes a listener; of one that was added twice the one added last. No error if it is not there.
   * @example client.off('MessageFromPeer', listener);
   */
  off: Subscribe<Events, More, this>;
  /** The same as off. */
  removeListener: Subscribe<Events, More, this>;
  /**
   * Removes the listeners of an event.
   * @param event without it those of all events
   */
  removeAllListeners(event?: keyof (Events & More)): this;
  /** The listeners of an event, in the order in which they are called. */
  listeners(event: keyof (Events & More)): AnyListener[];
  /** As listeners; those of once are what removes them. */
  rawListeners(event: keyof (Events & More)): AnyListener[];
  /** How many listeners an event has. */
  listenerCount(event: keyof (Events & More)): number;
  /** The events that have listeners. */
  eventNames(): (keyof Events)[];
  /** Returns nothing, unlike Node's. */
  emit(event: keyof (Events & More), ...args: any[]): void;
  /** Above this number `on` warns on the console; 0 for never. 512 for a client, 10 for others. */
  setMaxListeners(n: number): this;
  /** What setMaxListeners was given, or the default. */
  getMaxListeners(): number;
}

/* Classes */

/**
 * Made by {@link RtmClient.createChannel}. join, getMembers and sendMessage wait 10 s for the
 * gateway's answer.
 */
declare class RtmChannel extends TypedEmitter<RtmEvents.RtmChannelEvents> {
  private constructor();
  /** As given to createChannel. */
  readonly channelId: string;
  /** The client that made it. */
  readonly client: RtmClient;
  /** JOINING while join waits; LEFT at first, and again after leave, logout or the end of the session. */
  readonly joinState: 'LEFT' | 'JOINING' | 'JOINED';
  /** 0 until known. */
  readonly memberCount: number;
  /**
   * At most 20 channels at a time: LimitExceeded 5. Joined already, or joining: InvalidStatus 6, by another object of the
   * same id 202. More than 50 in 3 s: InvokeTooOften 7, of the same channel more than 2 in 5 s: 8. No answer: Timeout 4;
   * refused: Unavailable 1. What failed can be repeated.
   * @example
   * const channel = client.createChannel('room');
   * channel.on('ChannelMessage', (message, memberId) => console.log(memberId, message.messageType));
   * await channel.join();
   */
  join(): Promise<void>;
  /** Tells the gateway inside the call, so it works while the page unloads. Not joined: InvalidStatus 3; never logged in: 102. */
  leave(): Promise<void>;
  /**
   * The sender does not hear its own message. While RECONNECTING it waits, 9 s at most. Bad message: InvalidArgument 4;
   * over 32768 bytes: LimitExceeded 4, of media InvalidArgument 4; rawMessage that is no Uint8Array: InvalidArgument 1; text or
   * mediaId missing: Unknown 1; not joined: InvalidStatus 5; 180 messages in 3 s passed: LimitExceeded 3; no answer: Timeout 2.
   */
  sendMessage(message: OutgoingMessage, options?: SendMessageOptions): Promise<void>;
  /**
   * At most 512 ids, the local user's among them, in no order. Not joined: InvalidStatus 5; no answer: Timeout 3; refused: Unknown 1;
   * Over 5 calls in 2 s it waits for its turn, and shares the answer of another call that still waits; a gateway with a lower rate
   * refuses it: InvokeTooOften 4.
   */
  getMembers(): Promise<string[]>;
}

/** A call to a peer, made by {@link RtmClient.createLocalInvitation}; good for one call. */
declare class LocalInvitation extends TypedEmitter<RtmEvents.LocalInvitationEvents> {
  private constructor();
  /** As given to createLocalInvitation. */
  readonly calleeId: string;
  /** A UUID. */
  readonly callId: string;
  /** At most 8192 bytes; checked by send and cancel. */
  content: string;
  /** Of 1 to 64 allowed characters, or empty; checked by send. May be set while IDLE; ignored later. */
  channelId: string;
  /** The callee's, at most 8192 bytes; assigning throws InvalidArgument 1. */
  readonly response: string;
  /** How far the call got; changed before the event is told. */
  readonly state: RtmStatusCode.LocalInvitationState;
  /**
   * Throws InvalidStatus 5 if sent, 3 if ended, InvalidArgument 1 for channelId or content. All else is told by
   * events: delivery is tried for 30 s, and the callee has 60 s to answer.
   */
  send(): void;
  /** Tells the callee, with the content of now. Throws InvalidStatus 2 if not sent, 3 if ended, InvalidArgument 1 for content. */
  cancel(): void;
}

/** A call from a peer; comes with RemoteInvitationReceived and ends after 60 s. */
declare class RemoteInvitation extends TypedEmitter<RtmEvents.RemoteInvitationEvents> {
  private constructor();
  /** The uid of who calls. */
  readonly callerId: string;
  /** A UUID, the caller's. */
  readonly callId: string;
  /** The caller's, at most 8192 bytes; that of the cancellation once canceled. Assigning throws InvalidArgument 1. */
  readonly content: string;
  /** The caller's; may be empty. Assigning throws InvalidArgument 1. */
  readonly channelId: string;
  /** For the caller; at most 8192 bytes, checked by accept and refuse. */
  response: string;
  /** How far the call got; changed before the event is told. */
  readonly state: RtmStatusCode.RemoteInvitationState;
  /** Throws InvalidStatus 4 if accepted already, 3 if ended, InvalidArgument 1 for the response. Fails after 5 s without the caller's confirmation. */
  accept(): void;
  /** Throws as accept does: InvalidStatus 4 if accepted already, 3 if ended, InvalidArgument 1 for the response. */
  refuse(): void;
}

/**
 * Made by {@link createInstance}. Presence, attributes and counts wait 10 s for the gateway's answer.
 *
 * Attribute methods reject with InvalidArgument 3 (no plain object, no attribute, a bad key, value or id), LimitExceeded 4 (over
 * the sizes of {@link AttributesMap}), InvokeTooOften 5 (more than 10 writes of the user's or of channels' attributes in 5 s),
 * Timeout 7 (no answer) and Unavailable 2 (refused). Reads over 40 of users' or 10 of channels' attributes in 5 s wait for their
 * turn; if that would take more than 10 s: InvokeTooOften 5.
 */
declare class RtmClient extends TypedEmitter<RtmEvents.RtmClientEvents, MoreClientEvents> {
  private constructor();
  /** DISCONNECTED at first; changed before ConnectionStateChanged is told. */
  readonly connectionState: RtmStatusCode.ConnectionState;
  /** The user of the last login, and a random id of it. */
  readonly context: { readonly uid: string; readonly sid: string };

  /**
   * uid has 1 to 64 allowed characters; an empty token is none. A login of the same uid elsewhere makes that one ABORTED. Bad
   * argument: InvalidArgument 3; sooner than 500 ms after the last: InvokeTooOften 10; not DISCONNECTED: InvalidStatus 8; 12 s
   * passed: Timeout 9; app id, token, expired token, uid of another token: Unauthenticated 4, 5, 6, 3; refused: Unavailable 2; no
   * gateway or no wasm: Unavailable 1; logoutSync meanwhile: Interrupted 201.
   * @param options the user, and a token where the app has a certificate
   * @example await client.login({ uid: 'alice', token: await fetchToken('alice') });
   */
  login(options: { uid: string; token?: string | null | undefined }): Promise<void>;
  /**
   * Leaves all channels, ends all media tasks with Interrupted 6; waits for the gateway, 5 s at most. While a login is under way
   * it waits for that, and rejects with its error. DISCONNECTED already: InvalidStatus 102.
   */
  logout(): Promise<void>;
  /** Logs out at once, without waiting for the gateway. DISCONNECTED already: throws InvalidStatus 102. */
  logoutSync(): void;
  /**
   * Ends the client: logs out at once where it is logged in, removes all listeners, its channels' and invitations' too, and frees what the
   * core has of it. May be called at any time, and again; a later login begins as with a new client.
   * @example
   * await using client = AgoraRTM.createInstance(appId, { gateway }); // destroyed at the end of the block
   */
  destroy(): Promise<void>;
  /** As destroy, for `await using`. Only where the engine knows it, or a polyfill that came before the SDK. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
   * For the next connection; also while RECONNECTING. A refused token leaves the old one in force. No string or an empty one:
   * InvalidArgument 2; expired: Unauthenticated 5, invalid: 6; refused otherwise: Unavailable 3; no answer in 20 s: Timeout 1; more than
   * 2 calls in a second: InvokeTooOften 4.
   */
  renewToken(token: string): Promise<void>;
  /** Takes over what is not null, at once; checks nothing. */
  updateConfig(config: RtmConfig): void;
  /** @deprecated Use updateConfig. */
  setParameters(config: RtmConfig): void;

  /** Throws InvalidArgument 1 unless channelId has 1 to 64 allowed characters. */
  createChannel(channelId: string): RtmChannel;
  /** Throws InvalidArgument 1 unless calleeId has 1 to 64 allowed characters. */
  createLocalInvitation(calleeId: string): LocalInvitation;
  /** Fills in the fields that an IMAGE or FILE message lacks; returns others as they are. Checks nothing. */
  createMessage<T extends RtmMessage>(message: Partial<T>): T;
  /**
   * Resolves with hasPeerReceived false if the peer is not online. While RECONNECTING it waits, 9 s at most. Bad id, or rawMessage
   * that is no Uint8Array: InvalidArgument 6; bad message: InvalidArgument 7; over 32768 bytes: LimitExceeded 7, of media
   * InvalidArgument 7; text or mediaId missing, thumbnail that is no Blob: Unavailable 1; 180 messages in 3 s passed:
   * LimitExceeded 5; no answer in 10 s: Timeout 2.
   * @param peerId the uid of the receiver, of 1 to 64 allowed characters
   * @example const { hasPeerReceived } = await client.sendMessageToPeer({ text: 'hello' }, 'bob', { enableOfflineMessaging: true });
   */
  sendMessageToPeer(message: OutgoingMessage, peerId: string, options?: SendMessageOptions): Promise<PeerMessageSendResult>;

  /**
   * Uploads 1 to 31457280 bytes; the message has the mediaId. Nine uploads and downloads may run or wait at a time,
   * three run: LimitExceeded 5. Bad argument, empty: InvalidArgument 2; too large: LimitExceeded 4; canceled or logged out: Interrupted 6;
   * 120 s without progress: Timeout 3; Unavailable 1. The handler may stand in second place, alone or among the params, and in third
   * place too: what the third argument has wins.
   * @param payload a Blob or File
   * @param handler cancels, and hears of the progress
   * @example
   * const message = await client.createMediaMessageByUploading(file, { messageType: 'IMAGE', fileName: file.name, prepare: true });
   * await channel.sendMessage(message);
   */
  createMediaMessageByUploading(payload: Blob, params: ImageUploadParams & MediaTransferHandler & { messageType: 'IMAGE' }, handler?: MediaTransferHandler): Promise<UploadedImageMessage>;
  createMediaMessageByUploading(payload: Blob, params?: FileUploadParams & MediaTransferHandler, handler?: MediaTransferHandler): Promise<UploadedFileMessage>;
  createMediaMessageByUploading(payload: Blob, params: ImageUploadParams & MediaTransferHandler, handler?: MediaTransferHandler): Promise<UploadedImageMessage>;
  createMediaMessageByUploading<T extends RtmFileMessage | RtmImageMessage>(payload: Blob, params?: Partial<T>, handler?: MediaTransferHandler): Promise<T>;
  /**
   * The Blob's type is told from its first bytes: PNG, JPEG, GIF, PDF, ZIP, else application/octet-stream. Unknown or expired (after
   * seven days): Unavailable 4. Otherwise as for uploads: no media id: InvalidArgument 2; nine tasks: LimitExceeded 5; canceled or
   * logged out: Interrupted 6; 120 s without progress: Timeout 3; refused, or not the content that was stored: Unavailable 1.
   * @param mediaId that of a message
   * @example image.src = URL.createObjectURL(await client.downloadMedia(message.mediaId));
   */
  downloadMedia(mediaId: string, handler?: MediaTransferHandler): Promise<Blob>;
  /**
   * An absolute URL of the gateway that leads to the file without a login, for elements of the page. Whoever has it can read that file
   * until it expires; the browser may keep what it leads to. Bad argument: InvalidArgument 2; not logged in: InvalidStatus 102; unknown or
   * expired (after seven days): Unavailable 4; no answer: Timeout 3; refused, or a gateway that is older: Unavailable 1. Over 100 calls
   * in 5 s it waits for its turn; if that would take more than 10 s: InvokeTooOften 5.
   *
   *     img.src = await client.getMediaUrl(message.mediaId);
   *     link.href = await client.getMediaUrl(message.mediaId, { expiresIn: 60, download: message.fileName });
   */
  getMediaUrl(mediaId: string, options?: MediaUrlOptions): Promise<string>;

  /**
   * Of 1 to 256 peers, else InvalidArgument 2; no answer: Timeout 4; refused: Unavailable 3. Over 10 calls in 5 s it waits for its turn;
   * if that would take more than 10 s: InvokeTooOften 5.
   */
  queryPeersOnlineStatus(peerIds: string[]): Promise<PeersOnlineStatusResult>;
  /**
   * Hear PeersOnlineStatusChanged of these peers, their present state first; ends at logout. More than 512 in all:
   * LimitExceeded 6. None, or a bad id: InvalidArgument 2; no answer: Timeout 4; refused: Unavailable 1; 10 calls in 5 s passed:
   * InvokeTooOften 5.
   * @example
   * client.on('PeersOnlineStatusChanged', (states) => console.log(states)); // { bob: 'ONLINE' }
   * await client.subscribePeersOnlineStatus(['bob']);
   */
  subscribePeersOnlineStatus(peerIds: string[]): Promise<void>;
  /** Does not wait for the gateway; peers that are not subscribed to are no error. More than 512: LimitExceeded 6; otherwise as for subscribing: InvalidArgument 2, InvokeTooOften 5. */
  unsubscribePeersOnlineStatus(peerIds: string[]): Promise<void>;
  /** The peers subscribed to. Another option: InvalidArgument 2. */
  queryPeersBySubscriptionOption(option: RtmStatusCode.PeerSubscriptionOption): Promise<string[]>;
  /**
   * Of 1 to 32 channels, joined or not: more are InvalidArgument 5; none, or a bad id: InvalidArgument 2; no answer: Timeout 4; refused:
   * Unavailable 1. Over once a second it waits for its turn; if that would take more than 10 s: InvokeTooOften 3.
   */
  getChannelMemberCount(channelIds: string[]): Promise<ChannelMemberCountResult>;

  /** Replaces all. They end with the login. */
  setLocalUserAttributes(attributes: AttributesMap): Promise<void>;
  /** Adds to those that are there, or replaces them; the limits are of all together. */
  addOrUpdateLocalUserAttributes(attributes: AttributesMap): Promise<void>;
  /** Keys that are not there are no error; bad keys are InvalidStatus 3. */
  deleteLocalUserAttributesByKeys(attributeKeys: string[]): Promise<void>;
  /** Removes all. */
  clearLocalUserAttributes(): Promise<void>;
  /** All of a user, oneself too. The user is not online: Unavailable 6. */
  getUserAttributes(userId: string): Promise<AttributesMap>;
  /** Of 1 to 32 keys; those that are not there are left out. The user is not online: Unavailable 6. */
  getUserAttributesByKeys(userId: string, attributeKeys: string[]): Promise<AttributesMap>;
  /** Replaces all. One need not be in the channel. */
  setChannelAttributes(channelId: string, attributes: AttributesMap, options?: ChannelAttributeOptions): Promise<void>;
  /** Adds to those that are there, or replaces them; the limits are of all together. */
  addOrUpdateChannelAttributes(channelId: string, attributes: AttributesMap, options?: ChannelAttributeOptions): Promise<void>;
  /** Keys that are not there are no error; bad keys, or a bad channelId, are InvalidStatus 3. */
  deleteChannelAttributesByKeys(channelId: string, attributeKeys: string[], options?: ChannelAttributeOptions): Promise<void>;
  /** Removes all. */
  clearChannelAttributes(channelId: string, options?: ChannelAttributeOptions): Promise<void>;
  /** Of an unknown channel: an empty object. */
  getChannelAttributes(channelId: string): Promise<ChannelAttributes>;
  /** Of 1 to 32 keys; those that are not there are left out. */
  getChannelAttributesByKeys(channelId: string, attributeKeys: string[]): Promise<ChannelAttributes>;
}

/* The module */

/** What goes to the console. The constants LOG_FILTER_* are filters. */
export interface LogFilter {
  error: boolean;
  warn: boolean;
  info: boolean;
  track: boolean;
  debug: boolean;
}

export interface RtmConfig {
  /** Without effect: no log is uploaded. */
  enableLogUpload?: boolean;
  /** Default LOG_FILTER_INFO. */
  logFilter?: LogFilter;
  /** Without effect: there is no proxy. */
  enableCloudProxy?: boolean;
  /** The gateway's address, http(s); may be relative to the page. Each login goes by what it is then. Default: where the script came from, else the page's origin. */
  gateway?: string;
}

export type LegacyAreaCode = 'CN' | 'NA' | 'EU' | 'AS' | 'JP' | 'IN' | 'GLOB' | 'OC' | 'SA' | 'AF' | 'OVS';

/**
 * Makes a client. Throws InvalidArgument 1 for an appId that is not 32 letters and digits, for unknown keys of config and
 * for a gateway that is no address; InvalidArgument without a code for areaCodes.
 * @param appId the id of your app
 * @param config where the gateway is, and what is logged
 * @example const client = AgoraRTM.createInstance('0123456789abcdef0123456789abcdef', { gateway: 'https://rtm.example.org' });
 */
export declare const createInstance: {
  (appId: string, config?: RtmConfig, areaCodes?: LegacyAreaCode[]): RtmClient;
  new (appId: string, config?: RtmConfig, areaCodes?: LegacyAreaCode[]): RtmClient;
};
/**
 * Checked and remembered, without effect: a gateway of your own has no areas. Throws InvalidArgument without a code;
 * only CHINA, JAPAN and ASIA can be excluded.
 */
export declare function setArea(area: { areaCodes: RtmStatusCode.AreaCode[]; excludedArea?: RtmStatusCode.AreaCode }): void;
/**
 * Beside the names of 1.4: `GATEWAY` and `WASM_URL` say where the gateway and rtm.wasm are, `WASM_INTEGRITY` what hash the file must
 * have, and `WASM_MODULE` gives it compiled; `VERIFY_MEDIA` false, set before the first login, has downloads checked for their
 * length alone. `LOG_HANDLER`, a function of the level (`debug`, `info`, `warn` or `error`), the text and maybe an error, gets the lines of
 * clients' logs, which then do not go to the console; the filter of the client applies. Unknown names do nothing. Throws InvalidArgument 1 for values of these four that can't be.
 */
export declare function setParameter(name: string, value: any): void;
/** The value, or the default; undefined for unknown names. */
export declare function getParameter(name: string): any;
/** Loads the wasm before the first login needs it. Rejects with Unavailable 1; login tries again. */
export declare function preload(): Promise<void>;

/**
 * Makes a picture ready to be sent: without metadata such as the position where a photo was taken, with a thumbnail that fits
 * into the message, its sizes and a placeholder. It works in a worker where it may, needs no login, and does two pictures at a time, the others in turn.
 *
 * Metadata is taken out of JPEG, PNG and WebP without touching a pixel; orientation and colour profile stay. Pictures of
 * other formats that the browser decodes (AVIF, BMP, HEIC in Safari) are drawn again, as JPEG, or as WebP if they are transparent;
 * GIF, and what else moves, stays as it is.
 *
 * @param file the picture; its content counts, not its type
 * @throws {RtmError} InvalidArgument 2: no Blob, a bad option, or no picture that this browser decodes, which can still be sent
 * as FILE; Interrupted 6: the signal; Timeout 3: 30 s passed; Unavailable 1: no wasm, no canvas, or a file that can't be read
 * @example
 * const { payload, placeholder, ...params } = await AgoraRTM.prepareImage(file, { maxSide: 2048, fileName: file.name });
 * const message = await client.createMediaMessageByUploading(payload, { ...params, messageType: 'IMAGE', fileName: file.name });
 */
export declare function prepareImage(file: Blob, options?: PrepareImageOptions): Promise<PreparedImage>;
/** Of the API: 1.4.5. */
export declare const VERSION: string;
/** Of this build: v1.4.5-0-g and a commit. */
export declare const BUILD: string;
/** A UUID, made once per page load. */
export declare const processId: string;
/** A peer message whose text begins with it must go on with _ and a channel id and _; else sending it fails with InvalidArgument 7. */
export declare const END_CALL_PREFIX: string;
/** Nothing. */
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
/** How far a call got, as the caller sees it. */
export declare const LocalInvitationState: typeof RtmStatusCode.LocalInvitationState;
/** Why a call failed, as the caller sees it: see LocalInvitationFailure. */
export declare const LocalInvitationFailureReason: typeof RtmStatusCode.LocalInvitationFailureReason;
/** How far a call got, as the callee sees it. */
export declare const RemoteInvitationState: typeof RtmStatusCode.RemoteInvitationState;
/** Why a call failed, as the callee sees it: see RemoteInvitationFailure. */
export declare const RemoteInvitationFailureReason: typeof RtmStatusCode.RemoteInvitationFailureReason;
/** Whether a peer is there: see {@link PeersOnlineStatusMap}. */
export declare const PeerOnlineState: typeof RtmStatusCode.PeerOnlineState;
/** For queryPeersBySubscriptionOption. */
export declare const PeerSubscriptionOption: typeof RtmStatusCode.PeerSubscriptionOption;
/** The kinds of messages. */
export declare const MessageType: typeof RtmStatusCode.MessageType;
/** For setArea. */
export declare const AreaCode: typeof RtmStatusCode.AreaCode;

/** The object of the script tag and of the default import; the types are its members, too. */
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
