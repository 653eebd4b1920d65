/**
 * rtm-wasm: the API of the RTM Web SDK 1.4 on a gateway of your own.
 *
 * Asynchronous methods never throw: they reject with an {@link RtmError}. Everything else
 * works, and throws, at once, before the wasm is loaded.
 */
export as namespace AgoraRTM;

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
  /** A number sent by the gateway. */
  readonly serverCode?: number;
  readonly originalError?: unknown;
}

/* Messages */

/** At most 32768 bytes of UTF-8. */
export interface RtmTextMessage {
  text: string;
  messageType?: 'TEXT';
}

/** At most 32768 bytes of rawMessage and description together. */
export interface RtmRawMessage {
  rawMessage: Uint8Array;
  description?: string;
  messageType?: 'RAW';
}

/** At most 32768 bytes of fileName, description and thumbnail together. */
export interface RtmFileMessage {
  messageType: 'FILE';
  /** Of an upload; readable for seven days. */
  mediaId: string;
  fileName?: string;
  description?: string;
  thumbnail?: Blob;
  /** The same Blob as `thumbnail`. Not enumerable. */
  readonly thumbnailData?: Blob;
  /** In bytes. */
  size?: number;
}

/** At most 32768 bytes of fileName, description and thumbnail together. */
export interface RtmImageMessage {
  messageType: 'IMAGE';
  /** Of an upload; readable for seven days. */
  mediaId: string;
  fileName?: string;
  description?: string;
  thumbnail?: Blob;
  /** The same Blob as `thumbnail`. Not enumerable. */
  readonly thumbnailData?: Blob;
  /** In bytes. */
  size?: number;
  /** In pixels, as displayed; 0 if unknown. */
  width?: number;
  height?: number;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
}

/** A message to be sent. */
export type RtmMessage = RtmTextMessage | RtmRawMessage | RtmFileMessage | RtmImageMessage;

/** A message that arrived: every field of its kind is set, and `messageType` tells the kind. */
export type ReceivedMessage =
  | Required<RtmTextMessage>
  | Required<RtmRawMessage>
  | Required<RtmFileMessage>
  | Required<RtmImageMessage>;

export interface ReceivedMessageProperties {
  /** The gateway's clock, in ms since 1970. */
  serverReceivedTs: number;
  /** Whether it was kept while the receiver was away. */
  isOfflineMessage: boolean;
}

export interface SendMessageOptions {
  /** Keep the message for a peer who is not online. Default false. */
  enableOfflineMessaging?: boolean;
  /** Accepted, without effect. */
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
  /** In bytes. */
  totalSize: number;
}

export interface MediaTransferHandler {
  /** Ends the task, with RtmInterruptedError 6, at any moment. */
  cancelSignal?: AbortSignal;
  onOperationProgress?: (progress: MediaOperationProgress) => void;
}

export interface FileUploadParams {
  messageType?: 'FILE';
  fileName?: string;
  description?: string;
  thumbnail?: Blob;
}

export interface ImageUploadParams {
  /** May be left out if a dimension is given. */
  messageType?: 'IMAGE';
  fileName?: string;
  description?: string;
  thumbnail?: Blob;
  /** In pixels; measured where not given. */
  width?: number;
  height?: number;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
}

/** The message an upload makes; send it to share the file. */
export type UploadedFileMessage = Required<Omit<RtmFileMessage, 'thumbnail' | 'thumbnailData'>> & Pick<RtmFileMessage, 'thumbnail' | 'thumbnailData'>;
export type UploadedImageMessage = Required<Omit<RtmImageMessage, 'thumbnail' | 'thumbnailData'>> & Pick<RtmImageMessage, 'thumbnail' | 'thumbnailData'>;

/* Enums: every value is its own name */

export namespace RtmStatusCode {
  type ConnectionState = 'DISCONNECTED' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'ABORTED';
  type ConnectionChangeReason = 'LOGIN' | 'LOGIN_SUCCESS' | 'LOGIN_FAILURE' | 'LOGIN_TIMEOUT' | 'INTERRUPTED' | 'LOGOUT' | 'BANNED_BY_SERVER' | 'REMOTE_LOGIN';
  type LocalInvitationState = 'IDLE' | 'SENT_TO_REMOTE' | 'RECEIVED_BY_REMOTE' | 'ACCEPTED_BY_REMOTE' | 'REFUSED_BY_REMOTE' | 'CANCELED' | 'FAILURE';
  type LocalInvitationFailureReason = 'UNKNOWN' | 'PEER_NO_RESPONSE' | 'INVITATION_EXPIRE' | 'PEER_OFFLINE' | 'NOT_LOGGEDIN';
  type RemoteInvitationState = 'INVITATION_RECEIVED' | 'ACCEPT_SENT_TO_LOCAL' | 'REFUSED' | 'ACCEPTED' | 'CANCELED' | 'FAILURE';
  type RemoteInvitationFailureReason = 'UNKNOWN' | 'PEER_OFFLINE' | 'ACCEPT_FAILURE' | 'INVITATION_EXPIRE';
  type PeerOnlineState = 'ONLINE' | 'UNREACHABLE' | 'OFFLINE';
  type PeerSubscriptionOption = 'ONLINE_STATUS';
  type MessageType = 'TEXT' | 'RAW' | 'IMAGE' | 'FILE';
  type AreaCode = 'GLOBAL' | 'INDIA' | 'JAPAN' | 'ASIA' | 'EUROPE' | 'CHINA' | 'NORTH_AMERICA';
}

/* Events */

export namespace RtmEvents {
  interface RtmClientEvents {
    ConnectionStateChanged: (newState: RtmStatusCode.ConnectionState, reason: RtmStatusCode.ConnectionChangeReason) => void;
    MessageFromPeer: (message: ReceivedMessage, peerId: string, messageProps: ReceivedMessageProperties) => void;
    /** Messages of all channels of the client; each comes on its RtmChannel before. */
    ChannelMessage: (message: ReceivedMessage, memberId: string, messageProps: ReceivedMessageProperties, channelId: string) => void;
  }

  interface RtmChannelEvents {
    ChannelMessage: (message: ReceivedMessage, memberId: string, messageProps: ReceivedMessageProperties) => void;
    MemberJoined: (memberId: string) => void;
    MemberLeft: (memberId: string) => void;
    MemberCountUpdated: (memberCount: number) => void;
  }
}

type AnyListener = (...args: any[]) => void;

/**
 * Like Node's EventEmitter. A listener that throws is logged; the remaining ones of that
 * emission are skipped.
 */
declare class TypedEmitter<Events> {
  on<E extends keyof Events>(event: E, listener: Events[E]): this;
  addListener<E extends keyof Events>(event: E, listener: Events[E]): this;
  once<E extends keyof Events>(event: E, listener: Events[E]): this;
  prependListener<E extends keyof Events>(event: E, listener: Events[E]): this;
  prependOnceListener<E extends keyof Events>(event: E, listener: Events[E]): this;
  off<E extends keyof Events>(event: E, listener: Events[E]): this;
  removeListener<E extends keyof Events>(event: E, listener: Events[E]): this;
  removeAllListeners(event?: keyof Events): this;
  listeners(event: keyof Events): AnyListener[];
  rawListeners(event: keyof Events): AnyListener[];
  listenerCount(event: keyof Events): number;
  eventNames(): (string | symbol)[];
  emit(event: keyof Events, ...args: unknown[]): void;
  setMaxListeners(n: number): this;
  getMaxListeners(): number;
}

/* Classes */

/** Made by {@link RtmClient.createChannel}. */
export declare class RtmChannel extends TypedEmitter<RtmEvents.RtmChannelEvents> {
  private constructor();
  readonly channelId: string;
  readonly client: RtmClient;
  readonly joinState: 'LEFT' | 'JOINING' | 'JOINED';
  /** 0 until known. */
  readonly memberCount: number;
  join(): Promise<void>;
  /** Tells the gateway inside the call, so it works while the page unloads. */
  leave(): Promise<void>;
  sendMessage(message: RtmMessage, options?: SendMessageOptions): Promise<void>;
  /** At most 512 ids, the local user's among them. */
  getMembers(): Promise<string[]>;
}

/** Made by {@link createInstance}. */
export declare class RtmClient extends TypedEmitter<RtmEvents.RtmClientEvents> {
  private constructor();
  readonly connectionState: RtmStatusCode.ConnectionState;
  /** The user of the last login, and a random id of it. */
  readonly context: { readonly uid: string; readonly sid: string };
  login(options: { uid: string; token?: string | null }): Promise<void>;
  logout(): Promise<void>;
  /** Logs out at once, without waiting for the gateway. Throws if not logged in. */
  logoutSync(): void;
  updateConfig(config: RtmConfig): void;
  /** @deprecated Use updateConfig. */
  setParameters(config: RtmConfig): void;
  createChannel(channelId: string): RtmChannel;
  createMessage<T extends RtmMessage>(message: Partial<T>): T;
  sendMessageToPeer(message: RtmMessage, peerId: string, options?: SendMessageOptions): Promise<PeerMessageSendResult>;
  /** Uploads 1 to 31457280 bytes. Nine uploads and downloads may run or wait at a time. */
  createMediaMessageByUploading(payload: Blob, params: ImageUploadParams & { messageType: 'IMAGE' }, handler?: MediaTransferHandler): Promise<UploadedImageMessage>;
  createMediaMessageByUploading(payload: Blob, params?: FileUploadParams, handler?: MediaTransferHandler): Promise<UploadedFileMessage>;
  createMediaMessageByUploading(payload: Blob, params: ImageUploadParams, handler?: MediaTransferHandler): Promise<UploadedImageMessage>;
  /** The handler may stand in second place, alone or among the params. */
  createMediaMessageByUploading(payload: Blob, params: ImageUploadParams & MediaTransferHandler & { messageType: 'IMAGE' }): Promise<UploadedImageMessage>;
  createMediaMessageByUploading(payload: Blob, params: FileUploadParams & MediaTransferHandler): Promise<UploadedFileMessage>;
  createMediaMessageByUploading(payload: Blob, params: ImageUploadParams & MediaTransferHandler): Promise<UploadedImageMessage>;
  downloadMedia(mediaId: string, handler?: MediaTransferHandler): Promise<Blob>;
}

/* The module */

export interface LogFilter {
  error: boolean;
  warn: boolean;
  info: boolean;
  track: boolean;
  debug: boolean;
}

export interface RtmConfig {
  enableLogUpload?: boolean;
  logFilter?: LogFilter;
  enableCloudProxy?: boolean;
  /** The gateway's address, http(s); may be relative to the page. Default: where the script came from, else the page's origin. */
  gateway?: string;
}

export type LegacyAreaCode = 'CN' | 'NA' | 'EU' | 'AS' | 'JP' | 'IN' | 'GLOB' | 'OC' | 'SA' | 'AF' | 'OVS';

/** Makes a client. Throws RtmInvalidArgumentError. */
export declare const createInstance: {
  (appId: string, config?: RtmConfig, areaCodes?: LegacyAreaCode[]): RtmClient;
  new (appId: string, config?: RtmConfig, areaCodes?: LegacyAreaCode[]): RtmClient;
};
/** Checked and remembered, without effect: a gateway of your own has no areas. */
export declare function setArea(area: { areaCodes: RtmStatusCode.AreaCode[]; excludedArea?: RtmStatusCode.AreaCode }): void;
/** `GATEWAY` and `WASM_URL` say where the gateway and rtm.wasm are. Unknown names do nothing. Throws for an address that is none. */
export declare function setParameter(name: string, value: any): void;
export declare function getParameter(name: string): any;
/** Loads the wasm before the first login needs it. */
export declare function preload(): Promise<void>;

export declare const VERSION: string;
export declare const BUILD: string;
export declare const processId: string;
export declare const END_CALL_PREFIX: string;
export declare const LOG_FILTER_OFF: LogFilter;
export declare const LOG_FILTER_ERROR: LogFilter;
export declare const LOG_FILTER_WARNING: LogFilter;
export declare const LOG_FILTER_INFO: LogFilter;
export declare const LOG_FILTER_DEBUG: LogFilter;
export declare const ConnectionState: { readonly [K in RtmStatusCode.ConnectionState]: K };
export declare const ConnectionChangeReason: { readonly [K in RtmStatusCode.ConnectionChangeReason]: K };
export declare const LocalInvitationState: { readonly [K in RtmStatusCode.LocalInvitationState]: K };
export declare const LocalInvitationFailureReason: { readonly [K in RtmStatusCode.LocalInvitationFailureReason]: K };
export declare const RemoteInvitationState: { readonly [K in RtmStatusCode.RemoteInvitationState]: K };
export declare const RemoteInvitationFailureReason: { readonly [K in RtmStatusCode.RemoteInvitationFailureReason]: K };
export declare const PeerOnlineState: { readonly [K in RtmStatusCode.PeerOnlineState]: K };
export declare const PeerSubscriptionOption: { readonly [K in RtmStatusCode.PeerSubscriptionOption]: K };
export declare const MessageType: { readonly [K in RtmStatusCode.MessageType]: K };
export declare const AreaCode: { readonly [K in RtmStatusCode.AreaCode]: K };

declare const AgoraRTM: {
  createInstance: typeof createInstance;
  setArea: typeof setArea;
  setParameter: typeof setParameter;
  getParameter: typeof getParameter;
  preload: typeof preload;
  VERSION: typeof VERSION;
  BUILD: typeof BUILD;
  processId: typeof processId;
  END_CALL_PREFIX: typeof END_CALL_PREFIX;
  LOG_FILTER_OFF: typeof LOG_FILTER_OFF;
  LOG_FILTER_ERROR: typeof LOG_FILTER_ERROR;
  LOG_FILTER_WARNING: typeof LOG_FILTER_WARNING;
  LOG_FILTER_INFO: typeof LOG_FILTER_INFO;
  LOG_FILTER_DEBUG: typeof LOG_FILTER_DEBUG;
  ConnectionState: typeof ConnectionState;
  ConnectionChangeReason: typeof ConnectionChangeReason;
  LocalInvitationState: typeof LocalInvitationState;
  LocalInvitationFailureReason: typeof LocalInvitationFailureReason;
  RemoteInvitationState: typeof RemoteInvitationState;
  RemoteInvitationFailureReason: typeof RemoteInvitationFailureReason;
  PeerOnlineState: typeof PeerOnlineState;
  PeerSubscriptionOption: typeof PeerSubscriptionOption;
  MessageType: typeof MessageType;
  AreaCode: typeof AreaCode;
  /** The object itself. */
  default: typeof AgoraRTM;
};
export default AgoraRTM;
