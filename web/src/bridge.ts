/**
 * The boundary between the façade (TypeScript) and the core (Go, wasm). The core
 * publishes one `Core`. Only handles and plain values cross the boundary. The Go
 * side of each name is in package jsbridge.
 *
 * No function here throws. A call that can fail takes `done`, which is called exactly
 * once. It is not called inside the call, unless the comment says so.
 */

/** What the wasm program publishes when it is ready. */
export interface Core {
  /** Makes a client. `gateway` is an absolute http(s) URL, with or without a path; no trailing slash. */
  create(appId: string, gateway: string, host: ClientEvents): ClientHandle;
  /** Removes a client that is logged out and not used any more. */
  release(client: ClientHandle): void;
  /**
   * Prepares a picture to be sent. The options are those of prepareImage in rtm.d.ts, not checked. `textBytes` is the size of
   * file name and description in the message. done may be called inside the call.
   */
  prepare(file: Blob, options: object, textBytes: number, done: Done<Record<string, unknown>>): void;
  call<M extends keyof Calls>(client: ClientHandle, method: M, ...args: Parameters<Calls[M]>): ReturnType<Calls[M]>;
}

export type ClientHandle = number;

/** The events of a client, which the façade passes to the core. They are called synchronously. */
export interface ClientEvents {
  state(state: string, reason: string): void;
  /** `count` is -1 when unknown. */
  channel(channel: ChannelHandle, joinState: 'LEFT' | 'JOINING' | 'JOINED'): void;
  peerMessage(message: Incoming, peerId: string, serverReceivedTs: number, offline: boolean): void;
  channelMessage(channel: ChannelHandle, message: Incoming, memberId: string, serverReceivedTs: number): void;
  memberJoined(channel: ChannelHandle, memberId: string): void;
  memberLeft(channel: ChannelHandle, memberId: string): void;
  memberCount(channel: ChannelHandle, count: number): void;
  /** PeersOnlineStatusChanged: the users, and the state of each. */
  presence(uids: string[], states: PresenceState[]): void;
  /** A RemoteInvitation. */
  invited(call: CallKey, callerId: string, callId: string, channelId: string, content: string): void;
  /** A sent or received invitation; text is the reason of FAILURE, the content of CANCELED, otherwise the response. */
  invitation(call: CallKey, state: string, text: string): void;
  attributesUpdated(channel: ChannelHandle, all: FlatAttributes): void;
  /** The name of the client's event. */
  token(event: 'TokenExpired' | 'TokenPrivilegeWillExpire'): void;
  /** `level`: 0 debug, 1 info, 2 warn, 3 error. */
  log(level: number, text: string): void;
}

/** A number the façade gives each RtmChannel object, unique within its client. */
export type ChannelHandle = number;
/** A number the façade gives each media task, unique within its client. */
export type TaskHandle = number;

export const enum PresenceState { UNKNOWN, ONLINE, UNREACHABLE, OFFLINE }

/** The core's name of an unfinished call. */
export type CallKey = string;

/** An error at the boundary. The façade turns it into an Error object. */
export interface Failure {
  name: string;
  code?: number;
  text: string;
  serverCode?: number;
  cause?: unknown;
}

/** Called once: with a failure, or with undefined and the value. */
export type Done<T = undefined> = (failure: Failure | undefined, value?: T) => void;

export const enum MessageKind { NONE, TEXT, RAW, IMAGE, FILE }

/**
 * A fault in an outgoing message that only JavaScript can find. The core
 * reports it at its place in the order of checks.
 */
export const enum MessageFault {
  None,
  /** Not a plain object, or its fields are not those of a message: checked before the login state. */
  NotAMessage,
  /** `messageType` is given and not one of the four. */
  UnknownType,
  /** RAW whose rawMessage is not a Uint8Array or whose description is not a string. */
  BadRaw,
  /** TEXT without a string, IMAGE or FILE without mediaId, thumbnail not a Blob. */
  Malformed,
}

/** An outgoing message. Fields that do not belong to the kind are left out. */
export interface Outgoing {
  kind: MessageKind;
  fault: MessageFault;
  /** Says what the fault is. */
  faultText?: string;
  /** Whether the gateway stores it for the app's backend. */
  history?: boolean;
  /** Identify a message that is sent only once, also over several logins: integers above 0 that a double holds exactly. */
  number?: number;
  origin?: number;
  text?: string;
  raw?: Uint8Array;
  description?: string;
  mediaId?: string;
  fileName?: string;
  /** The thumbnail's bytes; absent if thumbnailSize alone is over the limit of a message. */
  thumbnail?: Uint8Array;
  thumbnailSize?: number;
  size?: number;
  width?: number;
  height?: number;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
}

/** A message that arrived: all fields of its kind are set. */
export interface Incoming {
  kind: MessageKind;
  text?: string;
  raw?: Uint8Array;
  description?: string;
  mediaId?: string;
  fileName?: string;
  /** Always set for IMAGE and FILE; may be empty. */
  thumbnail?: Uint8Array;
  size?: number;
  width?: number;
  height?: number;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
}

/** The arguments of createMediaMessageByUploading, with checked types. */
export interface UploadParams {
  image: boolean;
  /** The thumbnail to measure (IMAGE only), if one was given. */
  thumbnail?: Blob;
  /** Given dimensions that are > 0; the others are measured. */
  width?: number;
  height?: number;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
  /** Identifies the upload at the gateway: 24 random digits of Base64. A later call with it continues the upload, also after another login. */
  nonce?: string;
  /** A dimension that is not a number: reported after the login check. */
  faultText?: string;
}

/** What the core adds to the message that createMediaMessageByUploading resolves with. */
export interface Uploaded {
  mediaId: string;
  width: number;
  height: number;
  thumbnailWidth: number;
  thumbnailHeight: number;
}

/** How attributes change (AttributeWrite.Op of core/wire/rtm.proto). */
export const enum AttributeOp { SET, UPDATE, DELETE, CLEAR }

/** Attributes one after another: key, value, uid of the last writer, time in ms. The last two are "" and 0 for a user's. */
export type FlatAttributes = (string | number)[];

/** currentSize and totalSize in bytes. The first value is 0, values never fall, and the last one is the total. */
export type Progress = (currentSize: number, totalSize: number) => void;

export interface Calls {
  /**
   * The façade has checked arguments, interval and state, and already shows
   * CONNECTING; the core reports the states that follow.
   */
  login(uid: string, token: string, done: Done): void;
  /** Waits for a login in progress. The packet goes out inside the call. */
  logout(done: Done): void;
  /** Logs out at once; returns the error if that is not possible. ClientEvents.state is called inside the call. */
  logoutSync(): Failure | undefined;
  /** For the next connection; while reconnecting, for this one. */
  renewToken(token: string, done: Done): void;
  /** The network is back or the page is visible again: try now, do not wait. */
  wake(): void;

  join(channel: ChannelHandle, channelId: string, done: Done): void;
  /** The packet goes out inside the call. */
  leave(channel: ChannelHandle, done: Done): void;
  members(channel: ChannelHandle, done: Done<string[]>): void;
  sendChannel(channel: ChannelHandle, message: Outgoing, done: Done): void;
  sendPeer(peerId: string, message: Outgoing, keepOffline: boolean, done: Done<boolean>): void;

  /** The façade has checked the arguments and the state; the core reports the states that follow. */
  invite(calleeId: string, callId: string, channelId: string, content: string): CallKey;
  cancelCall(call: CallKey, content: string): void;
  accept(call: CallKey, response: string): void;
  refuse(call: CallKey, response: string): void;

  /**
   * The core checks arguments and login, in the order of API 10. A `channelId` of "" means the user's own.
   * `attributes`: key, value, key, value …; of DELETE the values are ignored. done may be called inside the call.
   */
  writeAttributes(op: AttributeOp, channelId: string, attributes: string[], notify: boolean, done: Done): void;
  /** Checked in the same way. Either the user or the channel is "". Without keys it reads all. */
  readAttributes(userId: string, channelId: string, keys: string[], done: Done<FlatAttributes>): void;

  /** The core checks the ids, after the login state. done may be called inside the call. */
  queryPeers(uids: unknown[], done: Done<[uids: string[], states: PresenceState[]]>): void;
  subscribePeers(uids: unknown[], done: Done): void;
  unsubscribePeers(uids: unknown[], done: Done): void;
  subscribedPeers(none: [], done: Done<string[]>): void;
  /** The counts in the order of the ids. */
  counts(channelIds: unknown[], done: Done<number[]>): void;

  /** The task counts as soon as this returns; done may be called inside the call. */
  upload(task: TaskHandle, payload: Blob, params: UploadParams, progress: Progress, done: Done<Uploaded>): void;
  /**
   * Removes the unfinished upload with this nonce from the gateway, and then calls `done`. It never calls `done` if the
   * session ends before.
   */
  discard(nonce: string, done: Done): void;
  download(task: TaskHandle, mediaId: string, progress: Progress, done: Done<Blob>): void;
  /** `expiresIn` is in seconds, an integer, 0 for the default. `download` may be "". done may be called inside the call. */
  mediaUrl(mediaId: string, expiresIn: number, download: string, done: Done<string>): void;
  /** Ends a task with RtmInterruptedError 6; done is called inside the call. No effect on a finished one. */
  cancel(task: TaskHandle): void;
}
