/**
 * The outbox of a client: it keeps messages and files in the browser until they are sent, and sends them once and in order, even if the
 * page is closed or crashes, or the network fails.
 */
import type { createInstance } from './rtm.js';

type RtmClient = ReturnType<typeof createInstance>;

/** Where an item goes. */
export type OutboxReceiver = { peerId: string; channelId?: undefined } | { channelId: string; peerId?: undefined };

/** A message as `sendMessageToPeer` and `sendMessage` take it. */
export type OutboxMessage = Record<string, unknown>;

/** How an item is sent; for a Blob also the params of `createMediaMessageByUploading`, except `prepare`, `cancelSignal` and `onOperationProgress`. */
export interface OutboxParams {
  /** For a peer who is not online, keep the message at the gateway. True by default. */
  enableOfflineMessaging?: boolean;
  /** Keep the message for the app's backend. False by default. */
  enableHistoricalMessaging?: boolean;
  /** Any string of yours, for example the id that your page has for the message. It stays in the browser; `item.tag` has it. */
  tag?: string;
  /** For a Blob: IMAGE or FILE. */
  messageType?: 'IMAGE' | 'FILE';
  fileName?: string;
  description?: string;
  thumbnail?: Blob;
  /** In pixels, for an IMAGE only; what you do not give is measured. */
  width?: number;
  height?: number;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
}

/** WAITING for the connection, the channel or its turn; UPLOADING; SENDING; SENT, its last state; or FAILED, until you retry or remove it. */
export type OutboxState = 'WAITING' | 'UPLOADING' | 'SENDING' | 'SENT' | 'FAILED';

/** One message to be sent. `ItemChanged` is emitted when its properties change. */
export interface OutboxItem {
  /** Identifies the item in this browser; rises in the order of `send`. */
  readonly id: number;
  readonly peerId: string | undefined;
  readonly channelId: string | undefined;
  /** When the item was added: Unix time in ms. */
  readonly createdAt: number;
  /** What `send` was given as its `tag`. */
  readonly tag: string | undefined;
  readonly state: OutboxState;
  /** Progress of the upload in bytes; 0 and 0 for an item without an upload. */
  readonly progress: { currentSize: number; totalSize: number };
  /** Why it failed. */
  readonly error: (Error & { code?: number }) | undefined;
  /** For a message that was sent to a peer: whether the peer was online and their client acknowledged it. */
  readonly hasPeerReceived: boolean | undefined;
  /** The Blob to upload, and its params; undefined for a message. */
  readonly payload: Blob | undefined;
  readonly params: OutboxParams | undefined;
  /** The message to send; for a Blob it is there when the upload has ended. */
  readonly message: OutboxMessage | undefined;

  /**
   * Ends the upload and keeps the item as FAILED with RtmInterruptedError. What the gateway has of the upload is deleted, at the next
   * connection if there is none now.
   * @throws RtmInvalidStatusError 5 while the state is SENDING
   */
  cancel(): Promise<void>;
  /** Tries a FAILED item again. Items with lower ids come first. */
  retry(): Promise<void>;
  /**
   * Removes the item in any state, and deletes its upload as `cancel` does.
   * @throws RtmInvalidStatusError 5 while the state is SENDING
   */
  remove(): Promise<void>;
}

/** The events of an outbox, for changes in all pages of the browser. Each has the item as its argument. */
export interface OutboxEvents {
  ItemAdded: (item: OutboxItem) => void;
  /** The state, progress or error of the item has changed. */
  ItemChanged: (item: OutboxItem) => void;
  /** The item was sent (state SENT), or removed. */
  ItemRemoved: (item: OutboxItem) => void;
}

/** The outbox of a client, see `openOutbox`. */
export interface Outbox {
  /**
   * Keeps a message, or a Blob to be uploaded and sent, for the user of the last login. It resolves when the browser has stored the item.
   * The item is then sent as soon as this user is logged in on any page of this browser.
   *
   * @throws RtmInvalidArgumentError 2
   * @throws RtmLimitExceededError 3 if the outbox, or the browser's space for the site, is full: nothing was stored
   * @throws RtmInvalidStatusError 4 before the first login, and after `client.destroy()`
   * @throws RtmUnavailableError 1 if the browser stores nothing, or its storage does not answer within 20 s
   * @example
   * const item = await outbox.send({ peerId: 'bob' }, file, { messageType: 'FILE', fileName: file.name });
   */
  send(to: OutboxReceiver, content: Blob | OutboxMessage, params?: OutboxParams): Promise<OutboxItem>;

  /**
   * The items of the user of the last login, in the order of `send`.
   * @throws RtmInvalidStatusError 4 before the first login, and after `client.destroy()`
   * @throws RtmUnavailableError 1 as `send`
   */
  list(): Promise<OutboxItem[]>;

  /**
   * Removes all items of the user of the last login, in all pages and in any state, and all that the browser stores about them. Unfinished
   * uploads are deleted at the gateway if a page of the user is CONNECTED; otherwise they expire there. Call it before `logout`.
   * A message in state SENDING may still arrive.
   *
   * It resolves when the browser has deleted everything. On a page that is CONNECTED it also waits up to 5 s for the gateway.
   * @throws RtmInvalidStatusError 4 before the first login, and after `client.destroy()`
   * @throws RtmUnavailableError 1 as `send`
   * @example
   * await outbox.clear();
   * await client.logout();
   */
  clear(): Promise<void>;

  on<E extends keyof OutboxEvents>(name: E, listener: OutboxEvents[E]): this;
  once<E extends keyof OutboxEvents>(name: E, listener: OutboxEvents[E]): this;
  off<E extends keyof OutboxEvents>(name: E, listener: OutboxEvents[E]): this;
}

/** The codes of the errors of `send`, `list`, `clear`, `cancel` and `remove`. */
export declare const OutboxError: {
  readonly OUTBOX_ERR_FAILURE: 1;
  readonly OUTBOX_ERR_INVALID_ARGUMENT: 2;
  readonly OUTBOX_ERR_FULL: 3;
  readonly OUTBOX_ERR_NO_USER: 4;
  readonly OUTBOX_ERR_BEING_SENT: 5;
};

/**
 * Opens the outbox of a client; each call with the same client returns the same outbox. From then on it sends whenever the client is logged in. Call
 * it on every page that logs in, before the login.
 *
 * @throws RtmInvalidArgumentError 2 if the argument is not a client
 */
export declare function openOutbox(client: RtmClient): Outbox;
