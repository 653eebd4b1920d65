/**
 * The outbox of a client: it keeps what is to be sent in the browser, and sends it once and in order, also after the page was
 * closed or crashed, or the network was away.
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
  /** Of a Blob: IMAGE or FILE. */
  messageType?: 'IMAGE' | 'FILE';
  fileName?: string;
  description?: string;
  thumbnail?: Blob;
  /** In pixels; what is missing is measured. Of IMAGE only. */
  width?: number;
  height?: number;
  thumbnailWidth?: number;
  thumbnailHeight?: number;
}

/** WAITING for the connection, the channel or its turn; UPLOADING; SENDING; SENT, as its last state; FAILED until it is retried or removed. */
export type OutboxState = 'WAITING' | 'UPLOADING' | 'SENDING' | 'SENT' | 'FAILED';

/** One message that is to be sent. Its properties change; `ItemChanged` tells when. */
export interface OutboxItem {
  /** Names the item in this browser; rises in the order of `send`. */
  readonly id: number;
  readonly peerId: string | undefined;
  readonly channelId: string | undefined;
  /** Unix time, in ms. */
  readonly createdAt: number;
  readonly state: OutboxState;
  /** Of the upload, in bytes; 0 and 0 of an item without one. */
  readonly progress: { currentSize: number; totalSize: number };
  /** Why it failed. */
  readonly error: (Error & { code?: number }) | undefined;
  /** Of one that was sent to a peer: whether the peer was online and their client acknowledged. */
  readonly hasPeerReceived: boolean | undefined;
  /** What is uploaded, and its params; undefined of a message. */
  readonly payload: Blob | undefined;
  readonly params: OutboxParams | undefined;
  /** What is sent; of a Blob from the end of its upload. */
  readonly message: OutboxMessage | undefined;

  /**
   * Ends the upload, has what has arrived of it removed from the gateway (at the next connection, if there is none), and keeps the item as
   * FAILED with RtmInterruptedError.
   * @throws RtmInvalidStatusError 5 while the state is SENDING
   */
  cancel(): Promise<void>;
  /** Has a FAILED item tried again. It takes its turn by its id. */
  retry(): Promise<void>;
  /**
   * Removes the item, whatever its state, and its upload as `cancel` does.
   * @throws RtmInvalidStatusError 5 while the state is SENDING
   */
  remove(): Promise<void>;
}

/** The events of an outbox; each brings the item. They tell of all pages of the browser. */
export interface OutboxEvents {
  ItemAdded: (item: OutboxItem) => void;
  /** State, progress or error is another. */
  ItemChanged: (item: OutboxItem) => void;
  /** It was sent (state SENT), or removed. */
  ItemRemoved: (item: OutboxItem) => void;
}

/** What `openOutbox` gives. */
export interface Outbox {
  /**
   * Keeps a message, or a Blob to be uploaded and sent, for the user of the last login. It resolves when the item is on the disk;
   * from then on the item is sent as soon as this user is logged in on any page of this browser.
   *
   * @throws RtmInvalidArgumentError 2
   * @throws RtmLimitExceededError 3 where the outbox, or the browser's space for the site, is full: nothing was kept
   * @throws RtmInvalidStatusError 4 before the first login, and after `client.destroy()`
   * @throws RtmUnavailableError 1 where the browser keeps nothing
   * @example
   * const item = await outbox.send({ peerId: 'bob' }, file, { messageType: 'FILE', fileName: file.name });
   */
  send(to: OutboxReceiver, content: Blob | OutboxMessage, params?: OutboxParams): Promise<OutboxItem>;

  /**
   * The items of the user of the last login, in the order of `send`.
   * @throws RtmInvalidStatusError 4 before the first login, and after `client.destroy()`
   */
  list(): Promise<OutboxItem[]>;

  on<E extends keyof OutboxEvents>(name: E, listener: OutboxEvents[E]): this;
  once<E extends keyof OutboxEvents>(name: E, listener: OutboxEvents[E]): this;
  off<E extends keyof OutboxEvents>(name: E, listener: OutboxEvents[E]): this;
}

/** The codes of the errors of `send`, `list`, `cancel` and `remove`. */
export declare const OutboxError: {
  readonly OUTBOX_ERR_FAILURE: 1;
  readonly OUTBOX_ERR_INVALID_ARGUMENT: 2;
  readonly OUTBOX_ERR_FULL: 3;
  readonly OUTBOX_ERR_NO_USER: 4;
  readonly OUTBOX_ERR_BEING_SENT: 5;
};

/**
 * The outbox of a client; each call with the same client gives the same. It works from then on, whenever the client is logged in: open it
 * on every page that logs in, before the login.
 *
 * @throws RtmInvalidArgumentError 2 of what is no client
 */
export declare function openOutbox(client: RtmClient): Outbox;
